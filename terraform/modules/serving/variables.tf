variable "project" {
  description = "The project that owns the instance."
  type        = string
}

variable "enabled" {
  description = "Whether there is a Bigtable instance for live values. A node is billed by the hour, used or not."
  type        = bool
  default     = true
}

variable "name" {
  description = "The instance's name."
  type        = string
  default     = "sluice"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{4,17}[a-z0-9]$", var.name))
    error_message = "6 to 19 lower-case letters, digits and hyphens: a cluster's name adds its number, and has 30 at most."
  }
}

variable "zones" {
  description = "One cluster a zone; two or more replicate each other, the first takes the pipelines' writes."
  type        = list(string)

  validation {
    condition     = length(var.zones) >= 1 && length(distinct(var.zones)) == length(var.zones) && alltrue([for zone in var.zones : can(regex("^[a-z]+-[a-z]+[0-9]+-[a-z]$", zone))])
    error_message = "Name at least one zone such as europe-west1-b, none twice."
  }
}

variable "nodes" {
  description = "Fewest and most nodes of a cluster, and the load in percent that they aim for."
  type        = object({ minimum = optional(number, 1), maximum = optional(number, 3), cpu_target = optional(number, 60) })
  default     = {}
  nullable    = false

  validation {
    condition     = var.nodes.minimum >= 1 && var.nodes.maximum >= var.nodes.minimum && var.nodes.maximum <= 10 * var.nodes.minimum
    error_message = "1 <= minimum <= maximum, and maximum at most ten times minimum."
  }
  validation {
    condition     = var.nodes.cpu_target >= 10 && var.nodes.cpu_target <= 80
    error_message = "A load of 10 to 80 percent."
  }
}

variable "tables" {
  description = "Table -> its families and what each keeps: the newest `versions` of a cell, none older than `days`."
  type        = map(object({ families = map(object({ versions = optional(number, 1), days = optional(number, 30) })) }))
  default     = {}

  validation {
    condition     = alltrue(flatten([for table in values(var.tables) : [for family in values(table.families) : family.versions >= 1 && family.days >= 1]]))
    error_message = "A family keeps at least one version, for at least one day."
  }
  validation {
    condition     = alltrue([for table in keys(var.tables) : can(regex("^[_a-zA-Z0-9][-_.a-zA-Z0-9]{0,49}$", table))])
    error_message = "A table's name has 50 letters, digits, hyphens, underscores and dots at most: give serving.tables names of your own where <source>_<event> is longer."
  }
}

variable "backup_days" {
  description = "For how long the daily backup of each table is kept; 0: none is made."
  type        = number
  default     = 7

  validation {
    condition     = var.backup_days == 0 || (var.backup_days >= 3 && var.backup_days <= 90)
    error_message = "0, or 3 to 90 days."
  }
}

variable "kms_key" {
  description = "Key that encrypts the clusters; null: Google's own."
  type        = string
  default     = null
}

variable "deletion_protection" {
  description = "Whether the instance and its tables cannot be deleted."
  type        = bool
  default     = true
}

variable "outgoing_topics" {
  description = "Topics on which the platform tells others what it has computed."
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for name in var.outgoing_topics : can(regex("^[a-zA-Z][a-zA-Z0-9_.~+%-]{2,254}$", name)) && !startswith(name, "goog")])
    error_message = "A topic's name has 3 to 255 letters, digits and ._~+%-, a letter first, and does not begin with goog."
  }
}

variable "topic_key" {
  description = "Key that encrypts outgoing messages; null: Google's own."
  type        = string
  default     = null
}
