"""Where pictures come from: folders, archives, addresses, album pages, clips and known layouts."""
