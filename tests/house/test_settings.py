"""`deploy/env.example` lists what can be set, all of it and nothing else."""

import importlib
import re
from collections.abc import Iterator

from pydantic import AliasChoices, SecretStr
from pydantic_settings import BaseSettings

from tests.house.source import PROJECT, product

LINE = re.compile(r"^#? ?(RAFID_[A-Z0-9_]+)=(.*)$", re.MULTILINE)
IN_CODE = re.compile(r"\bRAFID_[A-Z0-9_]+\b")


def settings_classes() -> list[type[BaseSettings]]:
    """The settings class of each service, and any other that is read from the environment."""
    for module in product():
        if module.name == "settings":
            importlib.import_module(".".join(module.parts))
    return [each for each in _below(BaseSettings) if each.__module__.startswith("services.")]


def _below(parent: type[BaseSettings]) -> Iterator[type[BaseSettings]]:
    for each in parent.__subclasses__():
        yield each
        yield from _below(each)


def names_of(settings: type[BaseSettings]) -> dict[str, bool]:
    """The variables that a class reads, and whether each is a secret."""
    prefix = settings.model_config.get("env_prefix", "")
    names = {}
    for field, about in settings.model_fields.items():
        alias = about.validation_alias
        if isinstance(alias, AliasChoices):
            alias = alias.choices[0]
        name = str(alias) if alias else f"{prefix}{field}".upper()
        names[name] = "SecretStr" in str(about.annotation)
    return names


def example() -> dict[str, str]:
    """The variables of the example, also those that are commented out, with their values."""
    return dict(LINE.findall((PROJECT / "deploy" / "env.example").read_text(encoding="utf-8")))


def test_every_setting_is_in_the_example() -> None:
    known = {name for settings in settings_classes() for name in names_of(settings)}

    assert known
    assert sorted(known - example().keys()) == []


def test_the_example_has_nothing_that_nobody_reads() -> None:
    read = {name for settings in settings_classes() for name in names_of(settings)}
    for module in product():
        read |= set(IN_CODE.findall(module.text))

    assert sorted(example().keys() - read) == []


def test_no_secret_has_a_default_in_the_code_or_a_value_in_the_example() -> None:
    values = example()
    for settings in settings_classes():
        for name, secret in names_of(settings).items():
            if secret:
                assert "password" not in values[name] or "..." in values[name], name
        for field in settings.model_fields.values():
            assert not isinstance(field.default, SecretStr), settings


def test_the_check_sees_names_with_and_without_the_service_s_prefix() -> None:
    class Sample(BaseSettings, env_prefix="RAFID_SAMPLE_"):
        database_url: SecretStr
        pool_size: int = 8

    assert names_of(Sample) == {
        "RAFID_SAMPLE_DATABASE_URL": True,
        "RAFID_SAMPLE_POOL_SIZE": False,
    }
