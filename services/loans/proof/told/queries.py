"""Which entry is told otherwise than it is booked, twice, or not at all?"""

from collections.abc import Mapping

RULES: Mapping[str, str] = {
    "every entry is told once, as it is booked": """
        with told as (
          select cast(e.data -> 'booked' ->> 'entry_id' as uuid) as entry_id,
            e.data -> 'booked' ->> 'fund_id' as fund_id,
            concat_ws(' ', e.data -> 'booked' ->> 'kind', e.data -> 'booked' ->> 'is_reversal',
              e.data -> 'booked' ->> 'occurred_on', e.data -> 'booked' ->> 'currency',
              coalesce(e.data -> 'booked' ->> 'contract_id', '-'), (
                select string_agg(concat_ws(' ', x.line ->> 'account', x.line ->> 'account_class',
                  x.line ->> 'amount_minor'), ', ' order by x.n)
                from jsonb_array_elements(e.data -> 'booked' -> 'lines')
                  with ordinality as x(line, n))) as content
          from event e
          where e.institution_id = :institution_id
            and e.type in ('loans.fund-booked.v1', 'loans.repayment-received.v1',
              'loans.repayment-reversed.v1')
            and jsonb_typeof(e.data -> 'booked') = 'object'
        ), booked as (
          select e.entry_id, min(l.fund_id::text) as fund_id,
            concat_ws(' ', coalesce(o.kind, e.kind), (e.reverses_entry_id is not null)::text,
              e.occurred_on, min(l.currency), coalesce(e.contract_id::text, '-'),
              string_agg(concat_ws(' ', a.code, a.class, l.amount_minor), ', '
                order by l.line_no)) as content
          from journal_entry e
          join journal_line l
            on l.institution_id = e.institution_id and l.entry_id = e.entry_id
          join account a
            on a.institution_id = l.institution_id and a.account_id = l.account_id
          left join journal_entry o
            on o.institution_id = e.institution_id and o.entry_id = e.reverses_entry_id
          where e.institution_id = :institution_id
          group by e.institution_id, e.entry_id, o.kind
        )
        select coalesce(b.entry_id, t.entry_id) as row, 'booked '
          || coalesce(b.fund_id || ' ' || b.content, 'nothing') || ', told '
          || coalesce(min(t.fund_id || ' ' || t.content), 'nothing') || ' (' || count(t.content)
          || ' times)' as why
        from booked b full join told t on t.entry_id = b.entry_id
        group by b.entry_id, t.entry_id, b.fund_id, b.content
        having count(t.content) <> 1
          or (b.fund_id, b.content) is distinct from (min(t.fund_id), min(t.content))
        order by 1 limit 1""",
}
