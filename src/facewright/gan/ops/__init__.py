"""Operations of the networks: a reference of each, and a fast path that equals it."""
