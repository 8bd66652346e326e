"""The bundled sample: invented archives and answers in the upstreams' own formats, and a server for them."""
