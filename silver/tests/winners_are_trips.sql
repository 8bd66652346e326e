-- Every duplicate names a winner, and that winner is kept as a trip of the same id. Returns duplicates
-- without one.
with

duplicates as (

    select * from {{ ref("duplicate_trips") }}
    where {{ is_built_month("trip_month") }}

),

trips as (

    select * from {{ ref("fct_trips") }}
    where {{ is_built_month("trip_month") }}

)

select duplicates.*
from duplicates
left join trips
    on
        duplicates.trip_month = trips.trip_month
        and duplicates.trip_id = trips.trip_id
        and duplicates.winner_batch = trips.batch
        and duplicates.winner_version = trips.version
        and duplicates.winner_member = trips.source_member
        and duplicates.winner_record = trips.source_record
where trips.trip_id is null
