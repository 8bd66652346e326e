{{ repeated_entries(
    ref("stg_station_information"),
    "short_name, station_name, capacity, latitude, longitude, region_id, station_type, legacy_id",
) }}
