# One stream a source: the tables of its contract, as Avro files in the landing bucket. Publication and replication slot are the
# database's and are made there, by its owner.
resource "google_datastream_stream" "source" {
  for_each = local.streams

  project                         = var.project
  location                        = var.region
  stream_id                       = each.key
  display_name                    = each.key
  desired_state                   = each.value.state
  create_without_validation       = each.value.state == "NOT_STARTED" ? true : null
  customer_managed_encryption_key = var.kms_key

  source_config {
    source_connection_profile = "${local.profiles}/${google_datastream_connection_profile.source[each.key].connection_profile_id}"

    dynamic "postgresql_source_config" {
      for_each = each.value.type == "postgresql" ? [each.value] : []
      content {
        publication                   = postgresql_source_config.value.slot
        replication_slot              = postgresql_source_config.value.slot
        max_concurrent_backfill_tasks = var.backfill_tasks
        include_objects {
          postgresql_schemas {
            schema = postgresql_source_config.value.schema
            dynamic "postgresql_tables" {
              for_each = postgresql_source_config.value.tables
              content {
                table = postgresql_tables.value
              }
            }
          }
        }
      }
    }

    dynamic "mysql_source_config" {
      for_each = each.value.type == "mysql" ? [each.value] : []
      content {
        max_concurrent_backfill_tasks = var.backfill_tasks
        include_objects {
          mysql_databases {
            database = mysql_source_config.value.database
            dynamic "mysql_tables" {
              for_each = mysql_source_config.value.tables
              content {
                table = mysql_tables.value
              }
            }
          }
        }
        gtid {}
      }
    }
  }

  destination_config {
    destination_connection_profile = "${local.profiles}/${google_datastream_connection_profile.landing[each.key].connection_profile_id}"
    gcs_destination_config {
      path                   = each.key
      file_rotation_mb       = var.rotation_megabytes
      file_rotation_interval = "${var.rotation_seconds}s"
      avro_file_format {}
    }
  }

  backfill_all {}

  lifecycle {
    # Only ever asked at the creation; without this a stream that is started later would be made anew, with a new backfill.
    ignore_changes = [create_without_validation]
  }
}
