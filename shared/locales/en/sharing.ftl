# Words about sharing, in English. Every key is also in ../ko/sharing.ftl.

sharing-own-address = This is your own address.
sharing-unknown-group = Please choose a group that you are in.
sharing-one-recipient = Please enter an email address or a group, not both.
sharing-too-many = This can be shared with { $limit } people and groups at most.
sharing-too-many-links = There can be { $limit } links at a time. Please remove one first.
sharing-link-age = A link can be good for 1 to { $limit } seconds.
