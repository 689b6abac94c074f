"""Which rows of suspense and of matches do not fit? Each query returns what breaks one rule."""

from collections.abc import Mapping

RULES: Mapping[str, str] = {
    "what stands in suspense is what came and nobody has moved": """
        select f.fund_id as row, 'booked ' || coalesce(b.minor, 0) || ', open items '
          || coalesce(s.minor, 0) as why
        from fund f
        left join (
          select a.fund_id, -sum(l.amount_minor) as minor from account a
          join journal_line l
            on l.institution_id = a.institution_id and l.account_id = a.account_id
          where a.institution_id = :institution_id and a.code = 'suspense' group by a.fund_id
        ) b on b.fund_id = f.fund_id
        left join (
          select i.fund_id, sum(i.amount_minor) as minor from suspense_item i
          where i.institution_id = :institution_id and not exists (
            select from suspense_end e
            where e.institution_id = i.institution_id and e.line_id = i.line_id)
          group by i.fund_id
        ) s on s.fund_id = f.fund_id
        where f.institution_id = :institution_id and coalesce(b.minor, 0) <> coalesce(s.minor, 0)
        order by f.fund_id limit 1""",
    "money in suspense moves against money alone": """
        select l.entry_id as row, 'with ' || o.code as why
        from journal_line l
        join account a on a.institution_id = l.institution_id and a.account_id = l.account_id
          and a.code = 'suspense'
        join journal_line b on b.institution_id = l.institution_id and b.entry_id = l.entry_id
        join account o on o.institution_id = b.institution_id and o.account_id = b.account_id
          and o.code not in ('suspense', 'cash', 'wallet', 'bank')
        where l.institution_id = :institution_id order by l.entry_id limit 1""",
    "lines and movements of a match come to the same": """
        select m.match_id as row, 'lines ' || m.theirs || ', movements ' || m.ours || ', fee '
          || m.fee as why
        from (
          select j.match_id,
            coalesce(sum(j.signed) filter (where j.sort = 'line'), 0) as theirs,
            coalesce(sum(j.signed) filter (where j.sort <> 'line'), 0) as ours,
            coalesce(sum(j.fee_minor) filter (where j.state = 'open'), 0) as fee
          from (
            select distinct on (subject_id) match_id, sort, state, fee_minor,
              case side when 'in' then amount_minor else -amount_minor end as signed
            from judgement where institution_id = :institution_id
            order by subject_id, version desc
          ) j where j.match_id is not null group by j.match_id
        ) m where m.theirs <> m.ours - m.fee order by m.match_id limit 1""",
}
