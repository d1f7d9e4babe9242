"""Drawing on pictures: labels, sheets, boxes, bars, tables, timelines."""
