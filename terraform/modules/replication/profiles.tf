# Where a stream reads and where it writes. A profile is made unchecked: its password comes after it, and the stream checks all
# when it starts.
resource "google_datastream_connection_profile" "source" {
  for_each = local.streams

  project                   = var.project
  location                  = var.region
  connection_profile_id     = "${each.key}-source"
  display_name              = "${each.key} database"
  create_without_validation = true

  dynamic "postgresql_profile" {
    for_each = each.value.type == "postgresql" ? [each.value] : []
    content {
      hostname                       = postgresql_profile.value.hostname
      port                           = postgresql_profile.value.port
      database                       = postgresql_profile.value.database
      username                       = postgresql_profile.value.username
      secret_manager_stored_password = local.passwords[each.key]

      dynamic "ssl_config" {
        for_each = postgresql_profile.value.ca_certificate == null ? [] : [postgresql_profile.value.ca_certificate]
        content {
          server_verification {
            ca_certificate = ssl_config.value
          }
        }
      }
    }
  }

  dynamic "mysql_profile" {
    for_each = each.value.type == "mysql" ? [each.value] : []
    content {
      hostname                       = mysql_profile.value.hostname
      port                           = mysql_profile.value.port
      username                       = mysql_profile.value.username
      secret_manager_stored_password = local.passwords[each.key]

      dynamic "ssl_config" {
        for_each = mysql_profile.value.ca_certificate == null ? [] : [mysql_profile.value.ca_certificate]
        content {
          ca_certificate = ssl_config.value
        }
      }
    }
  }

  dynamic "private_connectivity" {
    for_each = google_datastream_private_connection.this
    content {
      private_connection = private_connectivity.value.id
    }
  }

  depends_on = [google_secret_manager_secret_iam_member.agent]
}

locals {
  passwords = {
    for source in keys(local.streams) : source => (
      contains(keys(local.with_secret), source) ? "${google_secret_manager_secret.password[source].id}/versions/latest" : null
    )
  }
}

resource "google_datastream_connection_profile" "landing" {
  for_each = local.streams

  project               = var.project
  location              = var.region
  connection_profile_id = "${each.key}-landing"
  display_name          = "${each.key} landing"

  gcs_profile {
    bucket    = var.landing_bucket
    root_path = "/"
  }
}
