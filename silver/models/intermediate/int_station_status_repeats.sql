{{ repeated_entries(
    ref("stg_station_status"),
    "bikes, docks, ebikes, bikes_disabled, docks_disabled, reported_at_utc, is_installed, is_renting, "
    ~ "is_returning",
) }}
