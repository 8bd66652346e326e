-- What leaves a station in a month goes by a route or is never seen at a station again, and what comes to it
-- comes by a route or from nowhere. Returns the stations where the two marts and the trips without an end
-- disagree.
with

movements as (

    {%- for table, station, departures, arrivals, which in [
        ("mart_station_stats", "station_id", "departures", "arrivals", "true"),
        ("mart_routes", "start_station_id", "-trips", "0", "true"),
        ("mart_routes", "end_station_id", "0", "-trips", "true"),
        ("fct_trips", "start_station_id", "-1", "0", "start_station_id is not null and end_station_id is null"),
        ("fct_trips", "end_station_id", "0", "-1", "start_station_id is null and end_station_id is not null"),
    ] %}
    {{ "union all" if not loop.first }}
    select
        trip_month,
        {{ station }} as station_id,
        {{ departures }} as departures,
        {{ arrivals }} as arrivals
    from {{ ref(table) }}
    where {{ which }} and {{ is_built_month("trip_month") }}
    {%- endfor %}

),

left_over as (

    select
        trip_month,
        station_id,
        sum(departures) as departures,
        sum(arrivals) as arrivals
    from movements
    group by trip_month, station_id

)

select * from left_over
where departures <> 0 or arrivals <> 0
