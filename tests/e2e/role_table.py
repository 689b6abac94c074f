"""Who may do what: every route of the three services, and the roles it is for.

o officer, p approver, f funds manager, u auditor, d donor, i integrator, a administrator,
s our own services. A route that is open to all says so. A new route is a new line here.
"""

from shared.auth import Role

LETTERS = {
    "o": Role.OFFICER,
    "p": Role.APPROVER,
    "f": Role.FUNDS_MANAGER,
    "u": Role.AUDITOR,
    "d": Role.DONOR,
    "i": Role.INTEGRATOR,
    "a": Role.ADMINISTRATOR,
    "s": Role.SERVICE,
}

OPEN = "open"
TABLE = """
GET  /loans/v1/openapi.json                               open
GET  /loans/v1/.well-known/openid-configuration           open
GET  /loans/v1/jwks                                       open
POST /loans/v1/token                                      open
GET  /loans/v1/authorize                                  open
POST /loans/v1/authorize                                  open
GET  /loans/v1/institutions                               .......s
GET  /loans/v1/institution                                opfudias
POST /loans/v1/branches                                   ......a.
GET  /loans/v1/branches                                   opfu.ias
POST /loans/v1/branches/{branch_id}/deactivate            ......a.
POST /loans/v1/staff                                      ......a.
GET  /loans/v1/staff                                      ...u..a.
POST /loans/v1/staff/{staff_id}/deactivate                ......a.
POST /loans/v1/staff/{staff_id}/password                  ......a.
POST /loans/v1/clients                                    ......a.
GET  /loans/v1/clients                                    ...u..a.
POST /loans/v1/clients/{client_id}/deactivate             ......a.
GET  /loans/v1/rulebook/facts                             opfu.ia.
POST /loans/v1/rulebook/overrides                         ..f...a.
GET  /loans/v1/rulebook/overrides                         opfu.ia.
POST /loans/v1/rulebook/overrides/{override_id}/approval  ..f...a.
POST /loans/v1/rulebook/overrides/{override_id}/rejection ..f...a.
GET  /loans/v1/rulebook/uses/{subject_id}                 opfu.ia.
POST /loans/v1/sharia/boards                              ..f...a.
GET  /loans/v1/sharia/boards                              opfu.ia.
POST /loans/v1/sharia/boards/{board_id}/members           ..f...a.
POST /loans/v1/sharia/boards/{board_id}/members/{member_id}/leaving ..f...a.
GET  /loans/v1/sharia/register                            opfu.ia.
POST /loans/v1/sharia/rulings                             ..f...a.
GET  /loans/v1/sharia/rulings                             opfu.ia.
GET  /loans/v1/sharia/rulings/{ruling_id}                 opfu.ia.
POST /loans/v1/sharia/rulings/{ruling_id}/approval        ..f...a.
POST /loans/v1/sharia/rulings/{ruling_id}/rejection       ..f...a.
POST /loans/v1/sharia/rulings/{ruling_id}/withdrawal      ..f...a.
POST /loans/v1/sharia/binding                             ......a.
GET  /loans/v1/ledger/trial-balance                       ..fu..a.
GET  /loans/v1/ledger/accounts/{account_id}/statement     ..fu..a.
POST /loans/v1/ledger/closings                            ..f.....
POST /loans/v1/closing/policies                           ..f.....
GET  /loans/v1/closing/policies                           ..fu..a.
POST /loans/v1/closing/days                               ..f.....
GET  /loans/v1/closing/days/{day}                         ..fu..a.
GET  /loans/v1/closing/days/{day}/contracts/{contract_id} ..fu..a.
POST /loans/v1/accounting/chart                           ..f...a.
GET  /loans/v1/accounting/chart                           .pfu..a.
POST /loans/v1/accounting/manual-entries                  ..f.....
GET  /loans/v1/accounting/manual-entries                  .pfu..a.
GET  /loans/v1/accounting/manual-entries/{manual_id}      .pfu..a.
POST /loans/v1/accounting/manual-entries/{manual_id}/approval .pf.....
POST /loans/v1/accounting/manual-entries/{manual_id}/reversal ..f.....
POST /loans/v1/accounting/money-accounts                  ..f.....
GET  /loans/v1/accounting/money-accounts                  .pfu..a.
POST /loans/v1/accounting/money-accounts/{money_account_id}/funds ..f.....
POST /loans/v1/accounting/money-accounts/{money_account_id}/statements ..f.....
POST /loans/v1/accounting/policy                          ..f.....
GET  /loans/v1/accounting/policy                          .pfu..a.
GET  /loans/v1/accounting/periods                         .pfu..a.
GET  /loans/v1/accounting/periods/{name}                  .pfu..a.
POST /loans/v1/accounting/periods/{name}/closing          ..f.....
GET  /loans/v1/accounting/trial-balance                   ..fu..a.
GET  /loans/v1/accounting/income-statement                ..fu..a.
GET  /loans/v1/accounting/balance-sheet                   ..fu..a.
POST /loans/v1/funds                                      ..f.....
GET  /loans/v1/funds                                      opfu..a.
GET  /loans/v1/funds/{fund_id}                            opfu..a.
POST /loans/v1/funds/{fund_id}/lending-ruling             ..f.....
GET  /loans/v1/funds/{fund_id}/figures                    ..fu...s
GET  /loans/v1/funds/{fund_id}/statement                  opfu..a.
POST /loans/v1/funds/{fund_id}/donors                     ..f.....
POST /loans/v1/funds/{fund_id}/receipts                   ..f.....
GET  /loans/v1/funds/{fund_id}/receipts                   opfu..a.
POST /loans/v1/donors                                     ..f.....
GET  /loans/v1/donors                                     opfu..a.
POST /loans/v1/products                                   ......a.
POST /loans/v1/products/{product_id}/versions             ......a.
GET  /loans/v1/products                                   opfu.ia.
GET  /loans/v1/season-templates                           opfu.ia.
GET  /loans/v1/products/{product_id}                      opfu.ia.
GET  /loans/v1/products/{product_id}/versions/{version}   opfu.ia.
POST /loans/v1/borrowers                                  o....i..
GET  /loans/v1/borrowers                                  op.u....
GET  /loans/v1/borrowers/{borrower_id}                    op.u....
GET  /loans/v1/borrowers/{borrower_id}/access-records     ...u....
POST /loans/v1/borrowers/{borrower_id}/consents           o....i..
POST /loans/v1/borrowers/{borrower_id}/documents          o....i..
POST /loans/v1/borrowers/{borrower_id}/guarantors         o....i..
POST /loans/v1/contracts/{contract_id}/repayments         o....i..
GET  /loans/v1/contracts/{contract_id}/repayments         opfu..a.
POST /loans/v1/repayments/{repayment_id}/reversal         ..f.....
POST /loans/v1/applications                               o....i..
GET  /loans/v1/applications                               op.u.i..
GET  /loans/v1/applications/{application_id}              op.u.i..
POST /loans/v1/applications/{application_id}/return       op......
POST /loans/v1/applications/{application_id}/resubmit     o.......
POST /loans/v1/applications/{application_id}/withdraw     o.......
PUT  /loans/v1/applications/{application_id}/sources      o.f.....
GET  /loans/v1/applications/{application_id}/sources      opfu..a.
GET  /loans/v1/contracts/{contract_id}/sources            opfu..a.
POST /loans/v1/applications/{application_id}/decisions    .p......
POST /loans/v1/applications/{application_id}/reservations .p......
POST /loans/v1/authority-levels                           ......a.
GET  /loans/v1/authority-levels                           op.u..a.
POST /loans/v1/authority-levels/{authority_level_id}/end  ......a.
POST /loans/v1/contracts/previews                         opfu.ia.
POST /loans/v1/contracts/previews/terms                   opfu.ia.
POST /loans/v1/contracts/previews/batch                   opfu.ia.
POST /loans/v1/contracts                                  o.......
GET  /loans/v1/contracts                                  opfu.ia.
GET  /loans/v1/contracts/{contract_id}                    opfu.ia.
GET  /loans/v1/contracts/{contract_id}/schedule           opfu.ia.
GET  /loans/v1/contracts/{contract_id}/summary            opfu.ia.
POST /loans/v1/contracts/{contract_id}/cancellation       ..f.....
GET  /loans/v1/contracts/{contract_id}/statement          opfu.ia.
GET  /loans/v1/contracts/{contract_id}/payment-schedule   opfu.ia.
POST /loans/v1/contracts/{contract_id}/certificates       o.......
GET  /loans/v1/contracts/{contract_id}/certificates       opfu.ia.
GET  /loans/v1/contracts/{contract_id}/certificates/{number} opfu.ia.
GET  /loans/v1/repayments/{repayment_id}/receipt          opfu.ia.
GET  /loans/v1/collection-sheets                          op.u....
POST /loans/v1/collection-sheets                          o....i..
GET  /loans/v1/papers/{number}                            open
POST /loans/v1/contracts/{contract_id}/steps              o.f.....
GET  /loans/v1/contracts/{contract_id}/steps              opfu..a.
POST /loans/v1/contracts/{contract_id}/steps/{step_id}/reversal o.f.....
POST /loans/v1/contracts/{contract_id}/results            o.f.....
GET  /loans/v1/contracts/{contract_id}/early-settlement   opfu..a.
POST /loans/v1/contracts/{contract_id}/early-settlement   ..f.....
POST /loans/v1/suppliers                                  o.f.....
GET  /loans/v1/suppliers                                  opfu..a.
POST /loans/v1/contracts/{contract_id}/disbursements      ..f.....
POST /loans/v1/contracts/{contract_id}/holdings           o.f.....
POST /loans/v1/contracts/{contract_id}/holdings/withdrawals ..f.....
POST /loans/v1/contracts/{contract_id}/holdings/earnings  ..f.....
POST /loans/v1/holdings/{holding_id}/reversal             ..f.....
GET  /loans/v1/contracts/{contract_id}/holdings           opfu..a.
GET  /loans/v1/funds/{fund_id}/lineage                    ..fu....
GET  /loans/v1/funds/{fund_id}/receipts/{receipt_id}/lineage ..fu....
GET  /loans/v1/contracts/{contract_id}/lineage            ..fu....
GET  /loans/v1/donors/{donor_id}/lineage                  ..fud...
GET  /loans/v1/portfolio/at-risk                          .pfu....
GET  /loans/v1/portfolio/contracts/{contract_id}          opfu.ia.
GET  /loans/v1/portfolio/buckets                          .pfu....
POST /loans/v1/portfolio/buckets                          ..f.....
GET  /loans/v1/contracts/{contract_id}/disbursements      opfu..a.
GET  /loans/v1/contracts/{contract_id}/payoff             opfu..a.
POST /loans/v1/contracts/{contract_id}/orders             o.f.....
GET  /loans/v1/contracts/{contract_id}/orders             opfu..a.
POST /loans/v1/orders/{order_id}/approval                 .pf...a.
POST /loans/v1/orders/{order_id}/reversal                 o.f.....
POST /loans/v1/relief-orders                              o.f.....
GET  /loans/v1/relief-orders/{batch_id}                   opfu..a.
POST /loans/v1/relief-orders/{batch_id}/approval          .pf...a.
POST /loans/v1/relief-orders/{batch_id}/reversal          o.f.....
POST /loans/v1/funds/{fund_id}/orders                     ..f.....
GET  /loans/v1/funds/{fund_id}/orders                     opfu..a.
POST /loans/v1/fund-orders/{order_id}/approval            .pf.....
POST /loans/v1/contracts/{contract_id}/collections        o.......
GET  /loans/v1/payments                                   o.fu..a.
GET  /loans/v1/payments/{payment_id}                      o.fu..a.
POST /loans/v1/payments/callbacks/sandbox                 open
GET  /loans/v1/events                                     ...u.ias
GET  /scoring/v1/openapi.json                             open
POST /scoring/v1/models                                   ......a.
GET  /scoring/v1/models                                   op.u..as
GET  /scoring/v1/models/{card_id}/{version}               op.u..as
POST /scoring/v1/models/{card_id}/{version}/status        ......a.
POST /scoring/v1/assessments                              .......s
POST /scoring/v1/assessments/batch                        .......s
GET  /scoring/v1/assessments                              op.u...s
GET  /scoring/v1/assessments/{assessment_id}              op.u...s
GET  /scoring/v1/offers/{assessment_id}                   op.u...s
POST /scoring/v1/offers/{assessment_id}/outcome           o......s
GET  /scoring/v1/events                                   ...u.ias
GET  /monitoring/v1/openapi.json                          open
GET  /monitoring/v1/                                      open
GET  /monitoring/v1/login                                 open
GET  /monitoring/v1/callback                              open
POST /monitoring/v1/logout                                open
GET  /monitoring/v1/static                                open
GET  /monitoring/v1/projects                              opfu..a.
GET  /monitoring/v1/portfolio                             opfu..a.
GET  /monitoring/v1/funds/{fund_id}/utilisation           ..fud.a.
GET  /monitoring/v1/donor                                 ..fud.a.
GET  /monitoring/v1/events                                ...u.ias
"""


def expected() -> dict[str, frozenset[Role] | None]:
    """The table as routes and roles; None: open to all."""
    found: dict[str, frozenset[Role] | None] = {}
    for line in TABLE.strip().splitlines():
        method, path, marks = line.split()
        route = f"{method} {path}"
        found[route] = (
            None if marks == OPEN else frozenset(LETTERS[mark] for mark in marks if mark != ".")
        )
    return found


def written(route: str, roles: frozenset[Role] | None) -> str:
    """A line of the table: what a failing test prints, to be read before it is pasted."""
    method, path = route.split()
    marks = "".join(letter if role in (roles or ()) else "." for letter, role in LETTERS.items())
    return f"{method:4} {path:53}{OPEN if roles is None else marks}"
