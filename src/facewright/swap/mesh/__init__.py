"""The mesh of a face as triangles: rasterizing, textures, regions, shape."""
