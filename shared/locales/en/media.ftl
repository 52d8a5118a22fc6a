# Words about files, in English. Every key is also in ../ko/media.ftl.

## Files: the list, one file, who sees it

nav-media = Files
media-title = Your files
media-shared-title = Shared with you
media-tabs = Which files
media-mine = Your files
media-shared = Shared with you
media-back = Back to your files

media-upload-title = Add files
media-choose = Choose files…
media-drop = or drop them anywhere on this page
media-purpose = What kind of file
purpose-avatar = Profile picture
purpose-image = Pictures
purpose-document = Documents
purpose-video = Videos
media-usage = Storage
media-usage-of = { $used } of { $quota }
media-transfers = Uploads under way

media-empty = No files yet
media-empty-text = What you add stays private until you share it.
media-shared-empty = Nothing here yet
media-shared-empty-text = When others share files with you, you find them here.
media-no-more = There are no more files.
media-pages = More files
media-next = Older files
media-first = Newest files

media-state-pending = Waiting for the file
media-state-verifying = Being checked…
media-state-rejected = This file could not be used.

media-verb-own = Your own
media-verb-view = Can view
media-verb-edit = Can view and rename
media-verb-manage = Can rename and share

## While files are sent

transfer-queued = Waiting for its turn
transfer-preparing = Preparing…
transfer-sending = { $sent } of { $total }
transfer-speed = { $speed } per second, { $left } left
transfer-waiting = The connection is lost. Trying again…
transfer-paused = Paused at { $sent } of { $total }
transfer-unfinished = { $sent } of { $total } were sent. Choose the same file again to go on.
transfer-other = That is another file. To go on, choose { $name }.
transfer-verifying = Being checked…
transfer-slow = The check is taking longer than usual. You need not wait here.
transfer-ready = The file is ready.
transfer-cancelled = Upload cancelled
transfer-type = Files of this type cannot be uploaded.
transfer-size = This file is too large. The limit is { $max }.
transfer-unreadable = This file cannot be read.
transfer-stopped = The upload stopped. What was sent is kept.
transfer-pause = Pause
transfer-go-on = Go on
transfer-dismiss = Close

## One file

media-file = File
media-open = Open in full size
media-type = Type
media-size = Size
media-pixels = Pixels
media-created = Added
media-shared-with-you = Shared with you
media-download = Download
media-delete = Delete file
media-name = File name
media-rename = Name
media-rename-submit = Rename

media-share = People with access
media-share-hint = Only its owner, those listed here, and whoever has a link can see this file.
media-group = Group
media-or-group = or a group
media-may = What they may do
media-may-view = View and download
media-may-edit = View and rename
media-may-manage = Rename and share
media-share-submit = Share
media-revoke = Revoke
media-revoke-label = Revoke the access of { $who }

media-links = Links
media-links-hint = Whoever has a link can download the file, without an account, until the link ends or you revoke it.
media-link = Link
media-link-for = How long it is valid
media-for-hour = 1 hour
media-for-day = 1 day
media-for-week = 7 days
media-for-month = 30 days
media-link-make = Create a link
media-link-made = Your link is ready
media-link-once = Copy it now: it is shown this once.
media-link-until = Valid until
media-link-created = Created
media-link-copy = Copy
media-link-copied = Copied
media-link-revoke-label = Revoke the link that is valid until { $until }

media-delete-title = Delete this file?
media-delete-text = It is gone for you and for everybody it is shared with. This cannot be undone.
media-keep = Keep the file

format-text = plain text

## Without JavaScript

upload-file-title = Add a file
upload-file-again = Choose another file
upload-file-show = Show the file
upload-file-pending = Waiting for the file
upload-file-pending-text = The file has not arrived yet. This page refreshes by itself.
upload-file-verifying = Checking the file
upload-file-verifying-text = The file has arrived and is being checked. This page refreshes by itself.
upload-file-ready = Your file is ready
upload-file-ready-text = Only you can see it until you share it.
upload-file-rejected = This file could not be used
