# A laptop: the services' emulators. Switched off is what would only cost time there.
project             = "sluice-local"
project_number      = "534215967184"
environment         = "local"
location            = "EU"
region              = "europe-west1"
deletion_protection = false

storage = {
  soft_delete_days = 0
  managed_folders  = false
  notifications    = false
}

warehouse = {
  biglake                  = false
  require_partition_filter = false
}

streaming = {
  retry        = null # at once: a laptop's tests do not wait
  exactly_once = { dead_letters = false }
}

serving = {
  enabled = false
}

kms = {
  enabled = false
}

orchestration = {
  enabled = false
}
