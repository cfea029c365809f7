-- Down the direct referrals; whoever is below a member is below since both were. There are no cycles.
WITH RECURSIVE below AS (
    SELECT member, organization AS sponsor, 1 AS level, since
    FROM read.referral_network
    WHERE organization = $1 AND since IS NOT NULL
    UNION ALL
    SELECT direct.member, direct.organization, below.level + 1, greatest(below.since, direct.since)
    FROM below
    JOIN read.referral_network AS direct ON direct.organization = below.member AND direct.since IS NOT NULL
    WHERE below.level < $2
)
SELECT below.member, below.sponsor, below.level, below.since, coalesce(earning.payments, 0) AS payments,
       coalesce(earning.earned, 0) AS earned, coalesce(earning.clawed_back, 0) AS clawed_back, earning.last_earned_at
FROM below
LEFT JOIN read.referral_network AS earning ON earning.organization = $1 AND earning.member = below.member
ORDER BY below.level, below.since, below.member
LIMIT $3
