# Contracts -> plain values. contracts/reader.py reads the same files and refuses what is wrong before anything is built;
# what it would refuse and Terraform would misread is refused here too (outputs.tf).
terraform {
  required_version = ">= 1.11, < 2"
}

locals {
  documents = [for file in fileset(var.folder, "*.odcs.yaml") : yamldecode(file("${var.folder}/${file}"))]

  # Each table of each source with its customProperties as a map.
  entries = flatten([
    for document in local.documents : [
      for table in document.schema : {
        source = document.id
        schema = try(document.servers[0].schema, null)
        table  = table
        days   = one([for promise in try(document.slaProperties, []) : promise.value if promise.property == "retention" && try(promise.element, null) == table.name])
        custom = { for item in try(table.customProperties, []) : item.property => item.value }
      }
    ]
  ])

  tables = {
    for entry in local.entries : "${entry.source}_${entry.table.name}" => {
      source         = entry.source
      name           = entry.table.name
      id             = "${entry.source}_${entry.table.name}"
      description    = try(entry.table.description, null)
      physical_name  = try(entry.table.physicalName, entry.table.name)
      schema         = entry.schema
      capture        = entry.custom.capture
      history        = try(entry.custom.history, entry.custom.capture == "stream" ? "append" : "latest")
      event_time     = try(entry.custom.event_time, null)
      enforcement    = try(entry.custom.enforcement, "pipeline")
      retention_days = entry.days
      columns        = local.columns["${entry.source}_${entry.table.name}"]
      bronze_columns = local.bronze_columns["${entry.source}_${entry.table.name}"]
      primary_key = [
        for key in sort([
          for position, column in entry.table.properties :
          format("%04d %s", try(column.primaryKeyPosition, position), column.name) if try(column.primaryKey, false)
        ]) : split(" ", key)[1]
      ]
    }
  }

  sources = {
    for document in local.documents : document.id => {
      name     = document.name
      version  = document.version
      database = try({ type = document.servers[0].type, schema = document.servers[0].schema }, null)
      tables   = [for table in document.schema : "${document.id}_${table.name}"]
    }
  }
}
