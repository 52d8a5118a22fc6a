# Words for the fields of a user: those of their types here, `label-<name>` of each field beside the others.

form-choose = Choose…
field-not-a-date = This must be a date, as 2026-11-22.
