"""Short forms and what they mean, and the words that a search may have meant."""

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from core.model_fields import LineField
from roadmaps.full_text import fold, folded

# In a new database: migration 0002.
DEFAULT_SYNONYMS = [
    ("a11y", "accessibility"),
    ("auth", "authentication"),
    ("auth", "authorization"),
    ("cd", "continuous delivery"),
    ("ci", "continuous integration"),
    ("db", "database"),
    ("e2e", "end-to-end"),
    ("i18n", "internationalization"),
    ("iac", "infrastructure as code"),
    ("js", "JavaScript"),
    ("k8s", "Kubernetes"),
    ("l10n", "localization"),
    ("o11y", "observability"),
    ("pg", "PostgreSQL"),
    ("postgres", "PostgreSQL"),
    ("py", "Python"),
    ("repo", "repository"),
    ("sso", "single sign-on"),
    ("tdd", "test-driven development"),
    ("ts", "TypeScript"),
    ("vcs", "version control system"),
]


class Synonym(models.Model):
    word = LineField(_("short form"), max_length=40, help_text=_("One word."))
    meaning = LineField(
        _("meaning"),
        max_length=80,
        help_text=_(
            "One or more words. A search for the short form also finds these. If "
            "the meaning is one word, a search for it also finds the short form."
        ),
    )
    folded_word = models.GeneratedField(
        expression=folded("word"), output_field=models.TextField(), db_persist=True
    )
    folded_meaning = models.GeneratedField(
        expression=folded("meaning"), output_field=models.TextField(), db_persist=True
    )

    class Meta:
        app_label = "roadmaps"
        ordering = ["word", "meaning"]
        verbose_name = _("search synonym")
        verbose_name_plural = _("search synonyms")
        constraints = [
            models.UniqueConstraint(
                fields=["folded_word", "folded_meaning"], name="synonym_unique"
            )
        ]

    def __str__(self) -> str:
        return f"{self.word}: {self.meaning}"

    def clean_fields(self, exclude: object = None) -> None:
        super().clean_fields(exclude)  # type: ignore[arg-type]
        if len(fold(self.word).split()) != 1:
            raise ValidationError({"word": _("Enter one word of letters and digits.")})
        if not fold(self.meaning) or fold(self.word) == fold(self.meaning):
            raise ValidationError({"meaning": _("Enter what the short form means.")})

    def clean(self) -> None:
        same = Synonym.objects.filter(
            folded_word=fold(self.word), folded_meaning=fold(self.meaning)
        )
        if same.exclude(pk=self.pk).exists():
            raise ValidationError(_("This synonym already exists."))


class IndexedWord(models.Model):
    """A word in roadmaps, steps or their parts, folded, or the stem of one.

    Database triggers add them. They stay when the text changes, which does no harm:
    a search that is corrected to a word that no longer occurs finds nothing.
    """

    word = models.TextField(primary_key=True)

    class Meta:
        app_label = "roadmaps"

    def __str__(self) -> str:
        return self.word
