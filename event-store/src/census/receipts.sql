SELECT caller, command_id, position, recorded_at
  FROM es.receipts
  JOIN unnest($2::text[], $3::text[]) AS asked (caller, command_id) USING (caller, command_id)
 WHERE partition = $1
