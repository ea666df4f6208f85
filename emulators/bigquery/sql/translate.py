"""GoogleSQL in, statements for DuckDB out: the entry point of the SQL layer.

How the state layer uses it:

    install(connection)                       # once for each DuckDB instance: functions and macros
    script = translate(text, catalog, project, dataset, parameters)
    for statement in script:                  # each is analysed only when it is asked for
        try:
            rows, affected = execute(statement)
        except SqlError as error:             # DuckDB's errors become SqlError by errors.from_duckdb
            if not script.failed(error):      # True: an EXCEPTION handler of the script takes it
                raise
        else:
            script.done(rows if statement.wants_rows else None, affected)

Statement kinds are BigQuery's statementType. `script.kind` is SCRIPT when the text has more than one statement (or a
scripting statement), else the statement's own kind. A statement with neither `duckdb` nor `action` is one of
BEGIN_TRANSACTION, COMMIT_TRANSACTION and ROLLBACK_TRANSACTION.
"""
