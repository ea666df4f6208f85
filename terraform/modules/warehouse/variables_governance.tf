variable "classifications" {
  description = "Every classification of the contracts' columns; each becomes a policy tag. Needs biglake for external tables."
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for name in var.classifications : can(regex("^[a-zA-Z][a-zA-Z0-9_ -]{0,99}$", name))])
    error_message = "A classification is a word: letters, digits, spaces, hyphens and underscores, a letter first."
  }
}

variable "taxonomy_name" {
  description = "Display name of the taxonomy that holds the policy tags, unique in the project and location."
  type        = string
  default     = "sluice"
}

variable "policy_tags" {
  description = "Whether columns with a classification are guarded by policy tags."
  type        = bool
  default     = true
}

variable "masking" {
  description = "Classification -> what those see who may read the table and not the column. A classification that is not named here shows nothing but an error."
  type        = map(string)
  default     = { pii = "SHA256" }

  validation {
    condition = alltrue([
      for rule in values(var.masking) : contains([
        "SHA256", "ALWAYS_NULL", "DEFAULT_MASKING_VALUE", "LAST_FOUR_CHARACTERS", "FIRST_FOUR_CHARACTERS", "EMAIL_MASK", "DATE_YEAR_MASK",
      ], rule)
    ])
    error_message = "SHA256, ALWAYS_NULL, DEFAULT_MASKING_VALUE, LAST_FOUR_CHARACTERS, FIRST_FOUR_CHARACTERS, EMAIL_MASK or DATE_YEAR_MASK."
  }
}

variable "column_readers" {
  description = "Who sees guarded columns as they are: a name of your own -> member. The pipelines are among them."
  type        = map(string)
  default     = {}

  validation {
    condition     = alltrue([for member in values(var.column_readers) : member == null ? false : can(regex("^[a-zA-Z]+:.+", member))])
    error_message = "Write members as user:a@example.com, group:..., serviceAccount:... or domain:..."
  }
}

variable "masked_readers" {
  description = "Who sees guarded columns masked: a name of your own -> member."
  type        = map(string)
  default     = {}

  validation {
    condition     = alltrue([for member in values(var.masked_readers) : can(regex("^[a-zA-Z]+:.+", member))])
    error_message = "Write members as user:a@example.com, group:..., serviceAccount:... or domain:..."
  }
}

variable "row_policies" {
  description = "Name -> which rows of a table its members see, such as those of one tenant. With one policy, whom none names sees no row."
  type = map(object({
    layer   = string
    table   = string
    filter  = string
    members = list(string)
  }))
  default = {}

  validation {
    condition     = alltrue([for policy in values(var.row_policies) : contains(["bronze", "silver", "gold"], policy.layer)])
    error_message = "A row policy's layer is bronze, silver or gold."
  }
  validation {
    condition     = alltrue([for policy in values(var.row_policies) : length(policy.members) > 0 && trimspace(policy.filter) != ""])
    error_message = "A row policy has a filter and at least one member."
  }
}

variable "reservation" {
  description = "Slots of one's own instead of payment by bytes read; null: none. Between baseline and max they grow by themselves."
  type = object({
    edition        = optional(string, "ENTERPRISE")
    baseline_slots = optional(number, 0)
    max_slots      = number
  })
  default = null

  validation {
    condition     = var.reservation == null || try(contains(["STANDARD", "ENTERPRISE", "ENTERPRISE_PLUS"], var.reservation.edition), false)
    error_message = "The edition is STANDARD, ENTERPRISE or ENTERPRISE_PLUS. Policy tags and row policies need ENTERPRISE or payment by bytes."
  }
  validation {
    condition     = var.reservation == null || try(var.reservation.max_slots % 50 == 0 && var.reservation.baseline_slots % 50 == 0 && var.reservation.max_slots >= var.reservation.baseline_slots, false)
    error_message = "Slots come in fifties, and max_slots is not below baseline_slots."
  }
  validation {
    condition     = try(var.reservation.edition != "STANDARD" || (var.reservation.baseline_slots == 0 && var.reservation.max_slots <= 1600), true)
    error_message = "The edition STANDARD has no baseline, and 1600 slots at most."
  }
}
