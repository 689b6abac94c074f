"""An application tells what the rulebook asks, in words that the rulebook knows."""

from services.loans.domain import telling


def test_what_an_application_tells_is_what_the_rulebook_knows() -> None:
    told = telling.told(
        purpose="Raw materials",
        sector="taxis",
        region="el oued",
        cycle=3,
        characteristics={
            "client_status": "Auto entrepreneur",
            "scheme": "angem",
            "size": None,
            "age_group": "young",
            "institution_type": "bank",
        },
    )

    assert told == {
        "purpose": "raw_materials",
        "region": "El Oued",
        "cycle": 3,
        "client_status": "auto_entrepreneur",
        "scheme": "angem",
    }


def test_a_characteristic_says_it_outright_even_where_no_fact_knows_it() -> None:
    told = telling.told(characteristics={"client_status": "none", "purpose": "weddings"})

    assert told == {"client_status": "none", "purpose": "weddings"}
