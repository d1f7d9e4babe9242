"""Tables of labels as spreadsheets write them."""
