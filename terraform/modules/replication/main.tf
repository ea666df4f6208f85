# Which sources are copied, and through what.
locals {
  streams = {
    for source, connection in var.connections : source => merge(connection, {
      type   = var.sources[source].database.type
      schema = var.sources[source].database.schema
      tables = var.sources[source].tables
      port   = connection.port != null ? connection.port : var.sources[source].database.type == "mysql" ? 3306 : 5432
      slot   = "sluice_${source}"
    })
  }
  profiles    = "projects/${var.project}/locations/${var.region}/connectionProfiles"
  with_secret = { for source, stream in local.streams : source => stream if stream.secret }
}

# By peering into the network, where the databases have no public address.
resource "google_datastream_private_connection" "this" {
  for_each = var.private_range == null ? toset([]) : toset([var.name])

  project               = var.project
  location              = var.region
  private_connection_id = each.value
  display_name          = each.value

  vpc_peering_config {
    vpc    = var.network_id
    subnet = var.private_range
  }

  lifecycle {
    precondition {
      condition     = var.network_id != null
      error_message = "A private connection needs network_id."
    }
  }
}

# The password is put there by hand, so that neither a plan nor the state ever holds it:
#   gcloud secrets versions add <name> --data-file=-
resource "google_secret_manager_secret" "password" {
  for_each = local.with_secret

  project             = var.project
  secret_id           = "${var.name}-${each.key}-database"
  version_destroy_ttl = "2592000s" # a destroyed version can be brought back for 30 days

  replication {
    user_managed {
      replicas {
        location = var.region
        dynamic "customer_managed_encryption" {
          for_each = var.secret_key == null ? [] : [var.secret_key]
          content {
            kms_key_name = customer_managed_encryption.value
          }
        }
      }
    }
  }
}

resource "google_secret_manager_secret_iam_member" "agent" {
  for_each = local.with_secret

  project   = var.project
  secret_id = google_secret_manager_secret.password[each.key].secret_id
  role      = "roles/secretmanager.secretAccessor"
  member    = "serviceAccount:${var.agent}"
}
