"""Which sum that is kept is not the sum of its rows?"""

from collections.abc import Mapping

RULES: Mapping[str, str] = {
    "what is kept as claimed of a fund is the sum of its claims": """
        select coalesce(s.fund_id, k.fund_id) as row, 'kept '
          || concat_ws('/', coalesce(s.reserved_minor, 0), coalesce(s.committed_minor, 0))
          || ', claims '
          || concat_ws('/', coalesce(k.reserved_minor, 0), coalesce(k.committed_minor, 0)) as why
        from (select * from fund_claim_sum where institution_id = :institution_id) s
        full join (
          select fund_id,
            sum(case kind when 'reserve' then amount_minor when 'release' then -amount_minor
              when 'commit' then -amount_minor else 0 end) as reserved_minor,
            sum(case kind when 'commit' then amount_minor when 'uncommit' then -amount_minor
              when 'draw' then -amount_minor when 'undraw' then amount_minor else 0 end)
              as committed_minor
          from fund_claim where institution_id = :institution_id group by fund_id
        ) k on k.fund_id = s.fund_id
        where coalesce(s.reserved_minor, 0) <> coalesce(k.reserved_minor, 0)
          or coalesce(s.committed_minor, 0) <> coalesce(k.committed_minor, 0)
        order by 1 limit 1""",
    "what is kept on an account is the sum of its numbered lines": """
        select coalesce(s.account_id, k.account_id) as row, 'kept ' || coalesce(s.minor, 0)
          || ', lines ' || coalesce(k.minor, 0) as why
        from (select * from account_sum where institution_id = :institution_id) s
        full join (
          select l.account_id, sum(l.amount_minor) as minor
          from journal_link n
          join journal_line l on l.institution_id = n.institution_id and l.entry_id = n.entry_id
          where n.institution_id = :institution_id group by l.account_id
        ) k on k.account_id = s.account_id
        where coalesce(s.minor, 0) <> coalesce(k.minor, 0)
        order by 1 limit 1""",
}
