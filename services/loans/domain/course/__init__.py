"""What becomes of a loan contract through everything that happens to it?

`fold.course(plan, events, as_of=…)` gives rows, transactions and a status, `fold.payoff` the amount
that pays the contract off on a day, `from_terms.plan_of(terms)` the plan of our own terms. Read on
in this order: `plan` and `events` (what goes in), `results` (what comes out), `replay` (the order
of events, one handler for each), then what an event changes: `disbursing`, `payments` with
`allocation`, `charges`, `owed_again`, `losses`, `refunds`, `spreading`. Profit by period is the
`periods_model`: `span_rates` are its rates, `instalments` its amounts, `model_moves` what moves it
and `model_views` what it answers. Modules `level…` find the instalments of the fixed level rule.
"""
