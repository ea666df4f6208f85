# Where Dagster remembers runs, events and schedules. Nobody has a password for it: Dagster logs in with its service
# account's own token (IAM authentication), over TLS, on a private address.
resource "google_sql_database_instance" "this" {
  #checkov:skip=CKV2_GCP_13:Dagster asks its database many times a second; a log line for each is paid by volume and says nothing that query insights do not
  #checkov:skip=CKV_GCP_6:ssl_mode ENCRYPTED_ONLY refuses plain connections; client certificates would be a secret to rotate, and IAM tokens already say who connects
  project             = var.project
  name                = "${var.name}-dagster"
  region              = var.region
  database_version    = "POSTGRES_18"
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

    database_flags {
      name  = "cloudsql.enable_pgaudit"
      value = "on"
    }
    database_flags {
      name  = "cloudsql.iam_authentication"
      value = "on"
    }
    database_flags {
      name  = "log_checkpoints"
      value = "on"
    }
    database_flags {
      name  = "log_connections"
      value = "on"
    }
    database_flags {
      name  = "log_disconnections"
      value = "on"
    }
    database_flags {
      name  = "log_hostname"
      value = "on"
    }
    database_flags {
      name  = "log_lock_waits"
      value = "on"
    }
    database_flags {
      name  = "log_min_error_statement"
      value = "error"
    }
    database_flags {
      name  = "log_statement"
      value = "ddl"
    }
  }
}

# Both go with the instance: PostgreSQL refuses to drop a database that somebody uses, and a user who owns what is in it.
resource "google_sql_database" "dagster" {
  project         = var.project
  name            = "dagster"
  instance        = google_sql_database_instance.this.name
  deletion_policy = "ABANDON"
}

# The instance is Dagster's alone, so its account may own what is in it: it makes and migrates its tables.
resource "google_sql_user" "dagster" {
  project         = var.project
  name            = trimsuffix(var.service_account, ".gserviceaccount.com")
  instance        = google_sql_database_instance.this.name
  type            = "CLOUD_IAM_SERVICE_ACCOUNT"
  database_roles  = ["cloudsqlsuperuser"]
  deletion_policy = "ABANDON"
}
