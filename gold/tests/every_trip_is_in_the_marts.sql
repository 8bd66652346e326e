-- Each mart has every trip of each month it is about, neither fewer nor more. Returns what is told of months
-- where the trips say something else.
{{ months_unlike_trips([
    {"table": "mart_demand_daily", "sum": "trips", "of_trips": "count(*)"},
    {"table": "mart_demand_hourly", "sum": "trips", "of_trips": "count(*)"},
    {"table": "mart_weather_effect", "sum": "trips", "of_trips": "count(*)"},
    {"table": "mart_station_stats", "sum": "departures", "of_trips": "count(start_station_id)"},
    {"table": "mart_station_stats", "sum": "arrivals", "of_trips": "count(end_station_id)"},
    {"table": "mart_station_hours", "sum": "departures", "of_trips": "count(start_station_id)"},
    {"table": "mart_station_hours", "sum": "arrivals", "of_trips": "count(end_station_id)"},
    {
        "table": "mart_durations",
        "sum": "trips",
        "of_trips": "count(*) filter (where not is_false_start and not is_lost_bike)",
    },
    {
        "table": "mart_distances",
        "sum": "trips",
        "of_trips": "count(*) filter (where not is_false_start and not is_lost_bike)",
    },
    {
        "table": "mart_routes",
        "sum": "trips",
        "of_trips": "count(*) filter (where start_station_id is not null and end_station_id is not null)",
    },
]) }}
