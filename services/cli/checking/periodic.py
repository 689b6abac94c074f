"""Does a schedule of whole periods, without dates, come out as a case states it?"""

from collections.abc import Callable

from services.cli.checking.reading import Node, Unsupported


def comparing(case: Node) -> Callable[[Node, bool], str]:
    """Give what compares a checkpoint of a case."""
    raise Unsupported(f"a schedule without schedule_engine ({case['inputs'].place})")
