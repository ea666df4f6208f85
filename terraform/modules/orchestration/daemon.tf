# Schedules, sensors, the queue and the runs themselves. Exactly one: two daemons would start each run twice.
resource "google_cloud_run_v2_worker_pool" "daemon" {
  count = var.image == null ? 0 : 1

  project             = var.project
  name                = "${var.name}-dagster-daemon"
  location            = var.region
  description         = "Dagster's daemon, and the code server that its runs are processes of."
  launch_stage        = var.launch_stage
  deletion_protection = var.deletion_protection
  labels              = var.labels

  scaling {
    scaling_mode          = "MANUAL"
    manual_instance_count = 1
  }

  template {
    service_account = var.service_account

    vpc_access {
      egress = "PRIVATE_RANGES_ONLY"
      network_interfaces {
        network    = var.network_id
        subnetwork = var.subnetwork_id
      }
    }

    dynamic "containers" {
      for_each = { for container in local.daemon_containers : container.name => container }
      content {
        name       = containers.value.name
        image      = var.image
        command    = containers.value.command
        args       = containers.value.args
        depends_on = containers.value.needs

        resources {
          limits = { cpu = containers.value.cpu, memory = containers.value.memory }
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
