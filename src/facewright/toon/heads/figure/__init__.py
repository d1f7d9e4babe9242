"""Characters drawn from a head model: shapes, hair, light."""
