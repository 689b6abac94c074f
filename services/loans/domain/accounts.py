"""Which accounts may a fund have, of which class, by which name, for which kinds of fund?"""

from enum import StrEnum


class FundKind(StrEnum):
    """Where the money of a fund comes from; fixed at receipt."""

    ZAKAT = "zakat"
    WAQF = "waqf"
    DONATION = "donation"
    STATE = "state"
    COMMERCIAL = "commercial"
    GUARANTEE = "guarantee"


class AccountClass(StrEnum):
    """Which side of the books an account stands on; assets and expenses grow by debit."""

    ASSET = "asset"
    LIABILITY = "liability"
    EQUITY = "equity"
    INCOME = "income"
    EXPENSE = "expense"


_ALL = frozenset(FundKind)
_LENDING = _ALL - {FundKind.GUARANTEE}
_OWNED = _ALL - {FundKind.COMMERCIAL}
_INTEREST_BEARING = frozenset({FundKind.DONATION, FundKind.STATE, FundKind.COMMERCIAL})
_PROFIT_BEARING = _INTEREST_BEARING | {FundKind.WAQF}
_TRADING = _LENDING - {FundKind.ZAKAT}
_GIVING = frozenset({FundKind.ZAKAT, FundKind.WAQF, FundKind.DONATION, FundKind.STATE})
_WAQF = frozenset({FundKind.WAQF})
_CORPUS = _WAQF | {FundKind.DONATION}
_GUARANTEE = frozenset({FundKind.GUARANTEE})
ROWS = (
    ("cash", AccountClass.ASSET, "Cash", "Caisse", "النقد", _ALL),
    ("wallet", AccountClass.ASSET, "Mobile wallet", "Portefeuille mobile", "المحفظة", _ALL),
    ("bank", AccountClass.ASSET, "Bank", "Banque", "البنك", _ALL),
    ("loans", AccountClass.ASSET, "Loans", "Prêts", "القروض", _LENDING),
    ("fund_balance", AccountClass.EQUITY, "Fund balance", "Fonds reçus", "رصيد الصندوق", _OWNED),
    (
        "lender_payable",
        AccountClass.LIABILITY,
        "Owed to lenders",
        "Dû aux prêteurs",
        "مستحق للمموّلين",
        frozenset({FundKind.COMMERCIAL}),
    ),
    (
        "surplus",
        AccountClass.LIABILITY,
        "Paid in excess, owed to borrowers",
        "Trop-perçu dû aux emprunteurs",
        "زيادات مستحقة للمقترضين",
        _LENDING,
    ),
    (
        "charity",
        AccountClass.LIABILITY,
        "Late amounts owed to charity",
        "Pénalités dues aux bonnes œuvres",
        "مبالغ التأخير المستحقة للخيرات",
        _LENDING,
    ),
    (
        "suspense",
        AccountClass.LIABILITY,
        "Came in, not yet explained",
        "Reçu, pas encore expliqué",
        "مبالغ وردت ولم تُعرف بعد",
        _ALL,
    ),
    ("profit_income", AccountClass.INCOME, "Profit", "Intérêts", "العوائد", _PROFIT_BEARING),
    ("fee_income", AccountClass.INCOME, "Fees", "Frais", "الرسوم", _TRADING),
    (
        "penalty_income",
        AccountClass.INCOME,
        "Late amounts",
        "Pénalités de retard",
        "غرامات التأخير",
        _INTEREST_BEARING,
    ),
    (
        "write_off",
        AccountClass.EXPENSE,
        "Loans written off",
        "Prêts passés en perte",
        "قروض معدومة",
        _ALL,
    ),
    (
        "profit_accrued",
        AccountClass.ASSET,
        "Profit earned, not yet paid",
        "Intérêts courus à recevoir",
        "عوائد مكتسبة لم تُقبض",
        _PROFIT_BEARING,
    ),
    (
        "profit_unearned",
        AccountClass.LIABILITY,
        "Profit paid, not yet earned",
        "Intérêts perçus d'avance",
        "عوائد مقبوضة مقدمًا",
        _PROFIT_BEARING,
    ),
    (
        "loss_allowance",
        AccountClass.ASSET,
        "Allowance for loan losses",
        "Provisions pour pertes sur prêts",
        "مخصص خسائر القروض",
        _ALL,
    ),
    (
        "provision_expense",
        AccountClass.EXPENSE,
        "Provisions for loan losses",
        "Dotations aux provisions",
        "مصروف المخصصات",
        _ALL,
    ),
    (
        "recovery",
        AccountClass.INCOME,
        "Recovered after write-off",
        "Récupérations sur prêts passés en perte",
        "مبالغ محصلة بعد الشطب",
        _ALL,
    ),
    (
        "forgiveness",
        AccountClass.EXPENSE,
        "Debts forgiven out of zakat",
        "Dettes remises sur la zakat",
        "ديون أُسقطت من الزكاة",
        frozenset({FundKind.ZAKAT}),
    ),
    ("goods", AccountClass.ASSET, "Goods owned", "Biens détenus", "السلع المملوكة", _TRADING),
    (
        "goods_due",
        AccountClass.ASSET,
        "Goods owed to us",
        "Biens à recevoir",
        "سلع مستحقة التسليم",
        _TRADING,
    ),
    (
        "partnerships",
        AccountClass.ASSET,
        "Capital in partnerships",
        "Capital en participation",
        "رأس مال المشاركات",
        _TRADING,
    ),
    (
        "profit_receivable",
        AccountClass.ASSET,
        "Profit agreed, not yet paid",
        "Marge convenue à recevoir",
        "أرباح متفق عليها لم تُقبض",
        _TRADING,
    ),
    (
        "deferred_profit",
        AccountClass.LIABILITY,
        "Profit deferred",
        "Marge différée",
        "أرباح مؤجلة",
        _TRADING,
    ),
    (
        "client_deposit",
        AccountClass.LIABILITY,
        "Money of clients held",
        "Dépôts des clients",
        "أموال العملاء المودعة",
        _TRADING,
    ),
    (
        "capital_loss",
        AccountClass.EXPENSE,
        "Losses on goods and partnerships",
        "Pertes sur biens et participations",
        "خسائر السلع والمشاركات",
        _TRADING,
    ),
    (
        "upkeep",
        AccountClass.EXPENSE,
        "Upkeep and cover of leased goods",
        "Entretien et couverture des biens loués",
        "صيانة السلع المؤجرة وتغطيتها",
        _TRADING,
    ),
    (
        "savings",
        AccountClass.LIABILITY,
        "Savings of borrowers held",
        "Épargne des emprunteurs détenue",
        "مدخرات المقترضين المحفوظة",
        _LENDING,
    ),
    (
        "contribution",
        AccountClass.LIABILITY,
        "Own contributions of borrowers held",
        "Apports des emprunteurs détenus",
        "مساهمات المقترضين المحفوظة",
        _LENDING,
    ),
    (
        "savings_cost",
        AccountClass.EXPENSE,
        "Earned by the savings of borrowers",
        "Rémunération de l'épargne des emprunteurs",
        "عوائد مدخرات المقترضين",
        _INTEREST_BEARING,
    ),
    (
        "grants",
        AccountClass.EXPENSE,
        "Given for good",
        "Dons versés",
        "منح مملّكة",
        _GIVING,
    ),
    (
        "amil_costs",
        AccountClass.EXPENSE,
        "Costs of collecting and distributing zakat",
        "Frais de collecte et de distribution de la zakat",
        "نفقات العاملين عليها",
        frozenset({FundKind.ZAKAT}),
    ),
    (
        "temporary_corpus",
        AccountClass.LIABILITY,
        "Temporary waqf, to be returned",
        "Waqf temporaire à restituer",
        "وقف مؤقت واجب الرد",
        _WAQF,
    ),
    ("nazir_fee", AccountClass.EXPENSE, "Trustee's fee", "Part du nazir", "أجرة الناظر", _CORPUS),
    (
        "yield_shared",
        AccountClass.EQUITY,
        "Yield put into the reserve",
        "Revenus mis en réserve",
        "ريع محوّل إلى الاحتياطي",
        _CORPUS,
    ),
    (
        "loss_reserve",
        AccountClass.EQUITY,
        "Reserve for losses",
        "Réserve pour pertes",
        "احتياطي الخسائر",
        _CORPUS,
    ),
    (
        "reserve_used",
        AccountClass.EQUITY,
        "Losses borne by the reserve",
        "Pertes couvertes par la réserve",
        "خسائر غطّاها الاحتياطي",
        _CORPUS,
    ),
    (
        "corpus_addition",
        AccountClass.EQUITY,
        "Yield added to the corpus",
        "Revenus ajoutés au capital",
        "ريع أضيف إلى أصل الوقف",
        _CORPUS,
    ),
    (
        "investments",
        AccountClass.ASSET,
        "Property of the corpus",
        "Biens du capital",
        "أعيان الأصل",
        _CORPUS,
    ),
    (
        "tabarru",
        AccountClass.LIABILITY,
        "Pool of the participants (takaful)",
        "Fonds des participants (takaful)",
        "صندوق تبرعات المشتركين (التكافل)",
        _TRADING,
    ),
    (
        "tabarru_cover",
        AccountClass.INCOME,
        "Losses borne by the participants' pool",
        "Pertes couvertes par le fonds des participants",
        "خسائر غطّاها صندوق المشتركين",
        _TRADING,
    ),
    (
        "investment_income",
        AccountClass.INCOME,
        "Yield of investments",
        "Revenus des placements",
        "عوائد الاستثمار",
        _PROFIT_BEARING,
    ),
    (
        "subsidy_income",
        AccountClass.INCOME,
        "Profit paid by another fund",
        "Bonification reçue",
        "عوائد دفعها صندوق آخر",
        _PROFIT_BEARING,
    ),
    (
        "subsidy_expense",
        AccountClass.EXPENSE,
        "Profit paid for borrowers",
        "Bonification versée",
        "عوائد مدفوعة عن المقترضين",
        frozenset({FundKind.DONATION, FundKind.STATE}),
    ),
    (
        "guarantee_claims",
        AccountClass.ASSET,
        "Paid for borrowers under guarantee",
        "Garanties appelées à récupérer",
        "ضمانات مدفوعة للاسترداد",
        _GUARANTEE,
    ),
    (
        "guarantee_fees",
        AccountClass.INCOME,
        "Fees of guarantees",
        "Commissions de garantie",
        "رسوم الضمان",
        _GUARANTEE,
    ),
    (
        "guarantee_cost",
        AccountClass.EXPENSE,
        "Fees paid to guarantors",
        "Commissions de garantie versées",
        "رسوم مدفوعة للضامنين",
        _INTEREST_BEARING,
    ),
    (
        "guarantee_received",
        AccountClass.LIABILITY,
        "Paid by guarantors for borrowers",
        "Garanties encaissées",
        "مبالغ دفعها الضامنون",
        _LENDING,
    ),
    (
        "borrowing_cost",
        AccountClass.EXPENSE,
        "Cost of borrowed money",
        "Coût des emprunts",
        "كلفة الأموال المقترضة",
        _INTEREST_BEARING,
    ),
    (
        "exchange_gain",
        AccountClass.INCOME,
        "Gains on exchange",
        "Gains de change",
        "أرباح فروق العملة",
        _ALL,
    ),
    (
        "exchange_loss",
        AccountClass.EXPENSE,
        "Losses on exchange",
        "Pertes de change",
        "خسائر فروق العملة",
        _ALL,
    ),
)
"""Code, class, names in English, French and Arabic, and the kinds of fund that have it."""
