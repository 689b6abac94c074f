"""What optbinning 1.0.0 finds of public loans: kept here, and found again by `make crosscheck`.

German credit (Hofmann 1994, UCI, CC BY 4.0). Information values of its own bins (solver cp,
monotonic trend, at most six bins of at least 5 %), which differ from ours: it looks for the most
that bins can tell, we merge neighbours. And of our bins, where both must say the same.
"""

from dataclasses import dataclass
from typing import Final

VERSION: Final = "1.0.0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """One column: the information value of its best bins, of our bins, and the weights of ours."""

    direction: str
    best: float
    of_ours: float
    woe: tuple[float, ...]


GERMAN: Final = {
    "duration_in_month": Figures(
        direction="down",
        best=0.288617,
        of_ours=0.281624,
        woe=(1.280934, 0.553595, 0.256591, -0.104617, -0.581595, -1.098612),
    ),
    "credit_amount": Figures(
        direction="down",
        best=0.150695,
        of_ours=0.135767,
        woe=(0.305382, 0.191259, -0.271934, -0.441833, -1.170071),
    ),
    "installment_rate_in_percentage_of_disposable_income": Figures(
        direction="down",
        best=0.026322,
        of_ours=0.026322,
        woe=(0.251314, 0.155466, 0.064539, -0.1573),
    ),
}
