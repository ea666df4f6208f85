-- Errors from SQL: a text behind a mark that no number can be. Unlike error(), it is not volatile, so TRY() catches it.
CREATE MACRO bq.main.fail(message) AS CAST(chr(2) || message AS BIGINT);
