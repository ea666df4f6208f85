# Where Dagster remembers runs, events and schedules. Nobody has a password for it: Dagster logs in with its service
# account's own token (IAM authentication), over TLS, on a private address.
resource "google_sql_database_instance" "this" {
  #checkov:skip=CKV_GCP_6:ssl_mode ENCRYPTED_ONLY refuses plain connections; client certificates would be a secret to rotate, and IAM tokens already say who connects
  project             = var.project
  name                = "${var.name}-dagster"
  region              = var.region
  database_version    = "POSTGRES_17"
  encryption_key_name = var.database_key
  deletion_protection = var.deletion_protection

  settings {
    tier                        = var.database_tier
    edition                     = "ENTERPRISE"
    availability_type           = var.database_high_availability ? "REGIONAL" : "ZONAL"
    disk_type                   = "PD_SSD"
    disk_size                   = 10
    disk_autoresize             = true
    disk_autoresize_limit       = 100
    deletion_protection_enabled = var.deletion_protection
    user_labels                 = var.labels

    ip_configuration {
      ipv4_enabled    = false
      private_network = var.network_id
      ssl_mode        = "ENCRYPTED_ONLY"
    }

    # Any second of the last week, and the nights before it, kept in another region where one is named.
    backup_configuration {
      enabled                        = true
      start_time                     = "02:00"
      location                       = var.backup_location
      point_in_time_recovery_enabled = true
      transaction_log_retention_days = 7
      backup_retention_settings {
        retained_backups = 14
      }
    }

    maintenance_window {
      day          = 7
      hour         = 3
      update_track = "stable"
    }

    insights_config {
      query_insights_enabled = true
    }

    dynamic "database_flags" {
      for_each = local.database_flags
      content {
        name  = database_flags.key
        value = database_flags.value
      }
    }
  }
}

locals {
  database_flags = {
    "cloudsql.enable_pgaudit"     = "on"
    "cloudsql.iam_authentication" = "on"
    log_checkpoints               = "on"
    log_connections               = "on"
    log_disconnections            = "on"
    log_duration                  = "on"
    log_hostname                  = "on"
    log_lock_waits                = "on"
    log_min_error_statement       = "error"
    log_statement                 = "ddl"
  }
}

resource "google_sql_database" "dagster" {
  project  = var.project
  name     = "dagster"
  instance = google_sql_database_instance.this.name
}

# The instance is Dagster's alone, so its account may own what is in it: it makes and migrates its tables.
resource "google_sql_user" "dagster" {
  project        = var.project
  name           = trimsuffix(var.service_account, ".gserviceaccount.com")
  instance       = google_sql_database_instance.this.name
  type           = "CLOUD_IAM_SERVICE_ACCOUNT"
  database_roles = ["cloudsqlsuperuser"]
}
