"""What the OpenAPI document says beyond the routes' signatures."""
