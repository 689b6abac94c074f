-- The hand-written baseline of `rafid bench repayments`: it writes the same rows to the same tables
-- as the operation (key, repayment, entry, lines, position and its history, event), one prepared
-- call a repayment.
-- It decides nothing: the caller says that all of the amount is principal.
create or replace function bench_repayment(
  p_institution uuid, p_contract uuid, p_fund uuid, p_cash uuid, p_loans uuid, p_actor uuid,
  p_key text, p_hash bytea, p_answer bytea, p_amount bigint, p_currency text, p_received_on date,
  p_repayment uuid, p_entry uuid, p_event uuid, p_data text
) returns void language plpgsql as $$
begin
  perform enter_tenant(p_institution);
  perform 1 from position
    where institution_id = p_institution and contract_id = p_contract for update;
  insert into idempotency_key (institution_id, actor_id, key, request_hash, status, answer)
    values (p_institution, p_actor, p_key, p_hash, 201, p_answer);
  insert into journal_entry (institution_id, entry_id, kind, occurred_on, source_id, contract_id,
    actor_id)
    values (p_institution, p_entry, 'repayment', p_received_on, p_repayment, p_contract, p_actor);
  insert into journal_line (institution_id, entry_id, line_no, account_id, fund_id, currency,
    amount_minor)
    values (p_institution, p_entry, 1, p_cash, p_fund, p_currency, p_amount),
           (p_institution, p_entry, 2, p_loans, p_fund, p_currency, -p_amount);
  insert into journal_pending (institution_id, entry_id) values (p_institution, p_entry);
  insert into repayment (institution_id, repayment_id, contract_id, entry_id, amount_minor,
    currency, received_on, channel, principal_minor, profit_minor, fee_minor, surplus_minor,
    actor_id)
    values (p_institution, p_repayment, p_contract, p_entry, p_amount, p_currency, p_received_on,
      'cash', p_amount, 0, 0, 0, p_actor);
  with moved as (
    update position set version = version + 1,
      paid_principal_minor = paid_principal_minor + p_amount,
      outstanding_principal_minor = outstanding_principal_minor - p_amount,
      moved_on = p_received_on
      where institution_id = p_institution and contract_id = p_contract returning *
  )
  insert into position_history (institution_id, contract_id, valid_from, version, event_id,
    generation, status, disbursed_minor, paid_minor, outstanding_principal_minor,
    oldest_open_due_on)
    select institution_id, contract_id, moved_on, version, p_event, generation, status,
      disbursed_minor, paid_principal_minor, outstanding_principal_minor, oldest_open_due_on
    from moved;
  insert into event (institution_id, event_id, type, subject_id, data)
    values (p_institution, p_event, 'loans.repayment-received.v1', p_contract, p_data::jsonb);
  insert into event_pending (institution_id, event_id) values (p_institution, p_event);
end $$;
alter function bench_repayment security definer;
alter function bench_repayment set search_path = loans, pg_temp;
