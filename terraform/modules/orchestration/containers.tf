# Both the UI and the daemon have the code server beside them, in the same instance: workspace.yaml finds it at
# 127.0.0.1, as it does on a laptop. (It listens on every address because Cloud Run's probes come from outside the
# container; an instance can be reached from nowhere else.) Runs start in the daemon's code server, where no request's end can end them.
locals {
  code_server_port = 4000

  # SAAS_DATABASE_URL -> the secret that holds it
  secret_environment = { for source, secret in google_secret_manager_secret.source_url : "${upper(source)}_DATABASE_URL" => secret.secret_id }

  environment = merge(
    {
      GOOGLE_CLOUD_PROJECT    = var.project
      DAGSTER_DATABASE_HOST   = google_sql_database_instance.this.private_ip_address
      DAGSTER_DATABASE_PORT   = "5432"
      DAGSTER_DATABASE_USER   = google_sql_user.dagster.name
      PGSSLMODE               = "require"
      SLUICE_LOG_BUCKET       = var.log_bucket
      SLUICE_CODE_SERVER_PORT = tostring(local.code_server_port)
    },
    var.environment,
  )

  code_server = {
    name    = "code"
    command = ["dagster", "code-server", "start"]
    args = [
      "--host", "0.0.0.0", "--port", tostring(local.code_server_port),
      "--module-name", "orchestration.definitions", "--location-name", "sluice",
    ]
    port   = local.code_server_port
    cpu    = null
    memory = null
    needs  = []
  }

  workspace = "orchestration/workspace.yaml"

  ui_containers = [
    {
      name    = "webserver"
      command = ["dagster-webserver"]
      args    = ["--host", "0.0.0.0", "--port", "3000", "--workspace", local.workspace]
      port    = 3000
      cpu     = "1"
      memory  = "1Gi"
      needs   = ["code"]
    },
    merge(local.code_server, { cpu = "1", memory = "2Gi" }),
  ]

  daemon_containers = [
    {
      name    = "daemon"
      command = ["dagster-daemon"]
      args    = ["run", "--workspace", local.workspace]
      port    = null
      cpu     = "1"
      memory  = "1Gi"
      needs   = ["code"]
    },
    merge(local.code_server, { cpu = var.run_cpu, memory = var.run_memory }),
  ]
}
