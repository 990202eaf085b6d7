"""What the rules of groups refuse. Each view answers with a message of its own."""


class GroupError(Exception):
    """A rule of groups does not allow the change."""


class LastOwnerError(GroupError):
    """The group would have no owner left."""


class InvitationUsedError(GroupError):
    """The invitation was revoked, has expired, or was used as often as it may be."""


class LimitReachedError(GroupError):
    """The person or the group has as many of these as there may be."""
