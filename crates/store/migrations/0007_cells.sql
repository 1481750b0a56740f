-- Of each cell of a row that has ended, what it is, so that a table can be filtered by one of its columns.
-- Lines of name, tab and word, with a line end before the first and behind the last: see src/marks.rs.
ALTER TABLE row_marks ADD COLUMN kinds TEXT NOT NULL DEFAULT '';
