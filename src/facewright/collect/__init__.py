"""From raw pictures on the disk or the web to a dataset: sources, library, preparation, audit."""
