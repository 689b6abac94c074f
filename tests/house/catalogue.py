"""What a schema must be so that it can be distributed by institution, asked of the catalogue.

The rules are those of Citus for distributed tables (docs.citusdata.com, "Determining
Distribution Column" and "SQL Support and Workarounds"): the distribution column in every key, no
triggers, no exclusion constraints; and ours: no floats, identities only bigint, nothing in a
function that another PostgreSQL lacks. Tables marked `@reference` are copied to every node.
"""

import asyncpg

# Tables of tools that are no part of a path of money.
TOOLS = ("alembic_version",)

DISTRIBUTABLE = """
with t as (
  select c.oid, c.oid::regclass::text as name,
         (select attnum from pg_attribute a where a.attrelid = c.oid
            and attname = 'institution_id' and not attisdropped) as key
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where relkind in ('r', 'p') and nspname = any($1) and relname <> all($2)
    and coalesce(obj_description(c.oid, 'pg_class'), '') !~ '^@reference'
)
select 'has no institution_id' as fault, name, '' as part from t where key is null
union all
select 'has no primary key', name, '' from t
where not exists (select from pg_index i where i.indrelid = t.oid and indisprimary)
union all
select 'unique without institution_id', name, indexrelid::regclass::text
from t join pg_index i on i.indrelid = t.oid
where indisunique and key is not null and not key = any(indkey::int2[])
union all
select 'index does not begin with institution_id', name, indexrelid::regclass::text
from t join pg_index i on i.indrelid = t.oid where indkey[0] <> key
union all
select 'foreign key without institution_id', name, conname
from t join pg_constraint k on conrelid = t.oid
where contype = 'f' and not key = any(conkey)
  and coalesce(obj_description(confrelid, 'pg_class'), '') !~ '^@reference'
union all
select 'foreign key crosses schemas', name, conname
from t join pg_constraint k on conrelid = t.oid
  join pg_class a on a.oid = conrelid join pg_class b on b.oid = confrelid
where contype = 'f' and a.relnamespace <> b.relnamespace
union all
select 'has a trigger', name, tgname from t join pg_trigger on tgrelid = t.oid
where not tgisinternal
union all
select 'has an exclusion constraint', name, conname from t join pg_constraint on conrelid = t.oid
where contype = 'x'
union all
select 'identity is not bigint', name, attname from t join pg_attribute on attrelid = t.oid
where attidentity <> '' and atttypid <> 'int8'::regtype
union all
select 'draws from a sequence', name, pg_get_expr(adbin, adrelid)
from t join pg_attrdef on adrelid = t.oid where pg_get_expr(adbin, adrelid) like 'nextval(%'
union all
select 'holds a float or money column', name, attname from t join pg_attribute on attrelid = t.oid
where attnum > 0 and atttypid = any('{float4,float8,money}'::regtype[])
union all
select 'calls ' || m[1], p.oid::regprocedure::text, ''
from pg_proc p join pg_namespace n on n.oid = pronamespace,
     regexp_matches(prosrc, '(pg_notify|\\mnotify\\M|pg_advisory\\w*|lock\\s+table|dblink|nextval)',
                    'i') m
where nspname = any($1)
union all
select 'an extension is needed', extname, '' from pg_extension where extname <> 'plpgsql'
order by 1, 2, 3
"""

WALLS = """
select 'no row-level security' as fault, c.oid::regclass::text as name, '' as part
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where relkind in ('r', 'p') and nspname = any($1) and relname <> all($2)
  and coalesce(obj_description(c.oid, 'pg_class'), '') !~ '^@reference'
  and not (relrowsecurity and relforcerowsecurity)
union all
select 'no wall by institution', c.oid::regclass::text, ''
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where relkind in ('r', 'p') and nspname = any($1) and relname <> all($2)
  and coalesce(obj_description(c.oid, 'pg_class'), '') !~ '^@reference'
  and not exists (
    select from pg_policy where polrelid = c.oid and polcmd = '*' and polpermissive
      and pg_get_expr(polqual, polrelid) like '%institution_id%rafid.institution_id%'
      and pg_get_expr(polwithcheck, polrelid) like '%institution_id%rafid.institution_id%')
union all
select 'a policy that opens the wall', polrelid::regclass::text, polname
from pg_policy join pg_class c on c.oid = polrelid join pg_namespace n on n.oid = c.relnamespace
where nspname = any($1)
  and (coalesce(pg_get_expr(polqual, polrelid), '') not like '%rafid.institution_id%'
       or coalesce(pg_get_expr(polwithcheck, polrelid), pg_get_expr(polqual, polrelid))
          not like '%rafid.institution_id%')
union all
select 'role may go past the wall', rolname, '' from pg_roles
where rolname like 'rafid\\_%' and rolname <> current_user and (rolsuper or rolbypassrls)
union all
select 'owner may log in', rolname, '' from pg_roles
where rolname like 'rafid\\_%\\_owner' and rolcanlogin
union all
select 'owned by a role that logs in', c.oid::regclass::text, rolname
from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_roles r on r.oid = relowner
where nspname = any($1) and relkind in ('r', 'p', 'S', 'v', 'm') and rolcanlogin
union all
select 'owner is a role of the application', rolname, member::regrole::text
from pg_auth_members join pg_roles r on r.oid = roleid
where rolname like 'rafid\\_%\\_owner' and member::regrole::text like 'rafid\\_%'
  and member::regrole::text <> current_user::text
union all
select 'application may change the schema', nspname, rolname
from pg_namespace, pg_roles where nspname = any($1) and rolname = 'rafid_' || nspname
  and has_schema_privilege(rolname, nspname, 'create')
union all
select 'public may use the schema', nspname, '' from pg_namespace
where nspname = any($1) and exists (
  select from aclexplode(nspacl) a where a.grantee = 0)
union all
select 'another service may read it', c.oid::regclass::text, rolname
from pg_class c join pg_namespace n on n.oid = c.relnamespace, pg_roles
where nspname = any($1) and relkind in ('r', 'p', 'v', 'm') and rolname like 'rafid\\_%'
  and not rolsuper and rolname not like '%\\_owner' and rolname <> 'rafid_' || nspname
  and has_table_privilege(rolname, c.oid, 'select, insert, update, delete')
order by 1, 2, 3
"""

FUNCTIONS = """
with f as (
  select p.oid::regprocedure::text as name, p.*, r.rolcanlogin, nspname
  from pg_proc p join pg_namespace n on n.oid = pronamespace join pg_roles r on r.oid = proowner
  where nspname = any($1)
)
select 'owner may log in' as fault, name, '' as part from f where rolcanlogin
union all
select 'search path is not fixed', name, coalesce(proconfig::text, '') from f
where prosecdef and not exists (
  select from unnest(proconfig) setting
  where setting = 'search_path=' || nspname || ', pg_temp')
union all
select 'everybody may call it', name, '' from f
where prosecdef and (proacl is null or exists (
  select from aclexplode(proacl) a where a.grantee = 0))
union all
select 'works for an institution and does not refuse another', name, '' from f
where prosecdef and 'p_institution' = any(proargnames) and prosrc !~ 'enter_tenant|errcode'
order by 1, 2, 3
"""

JOURNAL = """
select c.relname as name, privilege_type as part
from pg_class c join pg_namespace n on n.oid = c.relnamespace, aclexplode(c.relacl) a
where nspname = 'loans' and c.relname = any($1) and a.grantee = 'rafid_loans'::regrole
order by 1, 2
"""


async def faults(
    connection: asyncpg.Connection, sql: str, schemas: list[str]
) -> list[tuple[str, ...]]:
    """Run one of the checks; every row is a fault."""
    arguments = [schemas, list(TOOLS)] if "$2" in sql else [schemas]
    return [tuple(row) for row in await connection.fetch(sql, *arguments)]
