-- Full-text index over tools, ranked by BM25. The row id is that of the tool; the text itself is not kept twice.
CREATE VIRTUAL TABLE tool_index USING fts5(
  name, title, connection, description,
  content = '', contentless_delete = 1, tokenize = 'porter unicode61 remove_diacritics 2'
);
