"""Make emoji: the command, the files of a pack, and packs for messengers."""
