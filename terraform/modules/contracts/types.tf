# The type rules of contracts/types.py: logicalType and physicalType -> BigQuery type.
locals {
  # Columns, and an array's items as entries of their own ("<table>.<column>[]"): both have a type.
  typed = merge([
    for entry in local.entries : merge([
      for column in entry.table.properties : {
        for key, value in {
          "${entry.source}_${entry.table.name}.${column.name}"   = column
          "${entry.source}_${entry.table.name}.${column.name}[]" = try(column.items, null)
          } : key => {
          logical  = value.logicalType
          physical = try(lower(trimspace(value.physicalType)), "")
        } if value != null
      }
    ]...)
  ]...)

  # "numeric(12,2)[]" -> base "numeric", arguments [12, 2].
  parsed = {
    for key, type in local.typed : key => {
      logical   = type.logical
      base      = trimspace(replace(replace(type.physical, "/\\s*\\([^)]*\\)/", ""), "/(\\s*\\[[0-9]*\\])+$/", ""))
      arguments = [for digits in regexall("[0-9]+", try(regex("\\(([^)]*)\\)", type.physical)[0], "")) : tonumber(digits)]
    }
  }

  number_types = {
    for key, type in local.parsed : key => (
      contains(["smallint", "integer", "int", "bigint", "int2", "int4", "int8"], type.base) ? "NUMERIC"
      : !contains(["numeric", "decimal"], type.base) ? "FLOAT64"
      : length(type.arguments) == 0 ? "BIGNUMERIC"
      : try(type.arguments[1], 0) <= 9 && type.arguments[0] - try(type.arguments[1], 0) <= 29 ? "NUMERIC" : "BIGNUMERIC"
    )
  }

  simple_types = {
    string = "STRING", integer = "INT64", boolean = "BOOL", date = "DATE", time = "TIME", object = "JSON", array = "ARRAY"
  }

  scalar_types = {
    for key, type in local.parsed : key => (
      contains(["json", "jsonb"], type.base) ? "JSON"
      : type.base == "bytea" ? "BYTES"
      : type.logical == "number" ? local.number_types[key]
      : contains(["timestamp", "timestamp without time zone"], type.base) ? "DATETIME"
      : type.logical == "timestamp" ? "TIMESTAMP"
      : local.simple_types[type.logical]
    )
  }
}
