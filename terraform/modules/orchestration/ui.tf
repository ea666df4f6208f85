# The UI. Nothing depends on it but people: without ui_always_on it is there when somebody opens it.
resource "google_cloud_run_v2_service" "ui" {
  count = var.image == null ? 0 : 1

  project             = var.project
  name                = "${var.name}-dagster"
  location            = var.region
  description         = "Dagster's UI."
  ingress             = var.ingress
  iap_enabled         = true
  launch_stage        = var.launch_stage
  deletion_protection = var.deletion_protection
  labels              = var.labels

  template {
    service_account = var.service_account
    timeout         = "3600s" # the UI's live updates are one long request

    scaling {
      min_instance_count = var.ui_always_on ? 1 : 0
      max_instance_count = 2
    }

    vpc_access {
      egress = "PRIVATE_RANGES_ONLY"
      network_interfaces {
        network    = var.network_id
        subnetwork = var.subnetwork_id
      }
    }

    dynamic "containers" {
      for_each = { for container in local.ui_containers : container.name => container }
      content {
        name       = containers.value.name
        image      = var.image
        command    = containers.value.command
        args       = containers.value.args
        depends_on = containers.value.needs

        resources {
          limits            = { cpu = containers.value.cpu, memory = containers.value.memory }
          cpu_idle          = false # the code server works between requests, too
          startup_cpu_boost = true
        }

        dynamic "ports" {
          for_each = containers.value.name == "webserver" ? [3000] : []
          content {
            container_port = ports.value
          }
        }

        dynamic "env" {
          for_each = local.environment
          content {
            name  = env.key
            value = env.value
          }
        }

        dynamic "env" {
          for_each = local.secret_environment
          content {
            name = env.key
            value_source {
              secret_key_ref {
                secret  = env.value
                version = "latest"
              }
            }
          }
        }

        dynamic "startup_probe" {
          for_each = containers.value.port == null ? [] : [containers.value.port]
          content {
            period_seconds    = 5
            failure_threshold = 36
            tcp_socket {
              port = startup_probe.value
            }
          }
        }
      }
    }
  }

  depends_on = [google_sql_database.dagster, google_secret_manager_secret_iam_member.dagster]
}

# Google's sign-in stands before the UI: IAP lets in whom it knows, and nobody reaches the service past it.
resource "google_cloud_run_v2_service_iam_member" "iap" {
  count = var.image == null ? 0 : 1

  project  = var.project
  location = var.region
  name     = google_cloud_run_v2_service.ui[0].name
  role     = "roles/run.invoker"
  member   = "serviceAccount:service-${var.project_number}@gcp-sa-iap.iam.gserviceaccount.com"

  depends_on = [google_project_service_identity.iap]
}

resource "google_project_service_identity" "iap" {
  count    = var.image == null ? 0 : 1
  provider = google-beta

  project = var.project
  service = "iap.googleapis.com"
}

resource "google_iap_web_cloud_run_service_iam_member" "operators" {
  for_each = var.image == null ? [] : var.ui_members

  project                = var.project
  location               = var.region
  cloud_run_service_name = google_cloud_run_v2_service.ui[0].name
  role                   = "roles/iap.httpsResourceAccessor"
  member                 = each.value
}
