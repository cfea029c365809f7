-- The batch before the position, then those from it up to the one that holds the last wanted position.
(SELECT first_position, last_position, recorded_at, root, chain FROM es.batches
  WHERE partition = $1 AND last_position <= $2 ORDER BY last_position DESC LIMIT 1)
UNION ALL
(SELECT first_position, last_position, recorded_at, root, chain FROM es.batches
  WHERE partition = $1 AND last_position > $2 AND first_position <= $3 ORDER BY last_position)
ORDER BY last_position
