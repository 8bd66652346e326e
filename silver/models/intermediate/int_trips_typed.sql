{{ config(materialized="view") }}

{{ typed_trips(ref("stg_bike_trips")) }}
