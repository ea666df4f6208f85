# An event's Avro schema for Pub/Sub, the same as contracts/avro.py makes: required fields are plain types, optional ones
# ["null", type]; every field has a default, without which no revision may add or lack it; what JSON has no word for
# travels as text.
locals {
  avro_types    = { INT64 = "long", FLOAT64 = "double", NUMERIC = "double", BIGNUMERIC = "double", BOOL = "boolean" }
  avro_defaults = { long = "0", double = "0", boolean = "false", string = "\"\"" }

  # Texts, because a type is a word, a list or an object, and HCL's lists hold one kind.
  avro_fields = {
    for id, columns in local.columns : id => [
      for column in columns : {
        name     = column.name
        type     = column.type == "ARRAY" ? jsonencode({ items = lookup(local.avro_types, column.item_type, "string"), type = "array" }) : jsonencode(lookup(local.avro_types, column.type, "string"))
        required = column.required
        default  = column.type == "ARRAY" ? "[]" : local.avro_defaults[lookup(local.avro_types, column.type, "string")]
      }
    ]
  }

  avro_schemas = {
    for id, table in local.tables : id => format(
      "{\"fields\":[%s],\"name\":%s,\"namespace\":%s,\"type\":\"record\"}",
      join(",", [
        for field in local.avro_fields[id] :
        format(
          "{\"default\":%s,\"name\":%s,\"type\":%s}",
          field.required ? field.default : "null", jsonencode(field.name), field.required ? field.type : "[\"null\",${field.type}]",
        )
      ]),
      jsonencode(table.name), jsonencode(table.source),
    ) if table.capture == "stream"
  }
}
