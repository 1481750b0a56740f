//! What walls say, by what they are: words that stand together in one sentence, in English, German, French and Spanish.

use super::{
    ABROAD, ABSENT, ADVERTS, AGE, CHECK, CLOSED, ELSEWHERE, FAULT, HUMAN, LOGIN, MAINTENANCE,
    REFUSED, SCRIPTS, SOLD, SUBSCRIBERS, TOO_MANY, UNUSED,
};

/// One kind of wall.
pub(super) struct Wall {
    pub(super) why: &'static str,
    /// Of one of these, some words of each group stand in a sentence that says it.
    says: &'static [&'static [&'static str]],
    /// What a page or its title may be called that has another subject too; all of it.
    pub(super) names: &'static str,
    /// Bytes that such a page may say beside, where it says so anywhere.
    pub(super) room: usize,
}

impl Wall {
    /// Whether a sentence, in lower case, says it.
    pub(super) fn is_said_in(&self, sentence: &str) -> bool {
        let holds = |group: &&'static str| any(group).any(|words| stands_in(sentence, words));
        self.says.iter().any(|groups| groups.iter().all(holds))
    }

    /// Whether words are no more than a name that such a page may have.
    pub(super) fn is_called(&self, words: &str) -> bool {
        let words = words.trim_matches(|c: char| !c.is_alphanumeric());
        any(self.names).any(|name| name == words)
    }

    /// Whether a sentence says it or names it.
    pub(super) fn is_touched_by(&self, sentence: &str) -> bool {
        self.is_said_in(sentence) || any(self.names).any(|name| stands_in(sentence, name))
    }
}

/// The entries of a list as they are written below: `log in|sign in`.
pub(super) fn any(list: &'static str) -> impl Iterator<Item = &'static str> {
    list.split('|').filter(|entry| !entry.is_empty())
}

/// Whether a sentence holds something that begins with a word; `=word` also ends there.
fn stands_in(sentence: &str, word: &str) -> bool {
    let whole = word.strip_prefix('=');
    let word = whole.unwrap_or(word);
    let is_letter = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    // Chinese and Japanese set no blanks between words.
    let has_borders = word.chars().next().is_some_and(|c| c < '\u{3000}');
    sentence.match_indices(word).any(|(at, _)| {
        let begins = !has_borders || !is_letter(sentence[..at].chars().next_back());
        let ends = whole.is_none() || !is_letter(sentence[at + word.len()..].chars().next());
        begins && ends
    })
}

const PAGES: &str = "page|url|link|address|document|content|resource|seite|webseite|adresse|inhalt|lien|\
    contenu|página|pagina|enlace|contenido|sida|sidan|strona|strony|страница";
const ABSENCE: &str = "not found|not be found|couldn't be found|can't be found|wasn't found|does not exist|\
    doesn't exist|not exist|no longer exists|no longer available|not available|isn't available|\
    unavailable|is missing|is gone|can't find|can't seem to find|cannot seem to find|cannot find|can not find|couldn't find|could not find|\
    no such|no longer lives|was moved|been moved or|been removed|been deleted|\
    nicht gefunden|nicht finden|existiert nicht|existiert leider nicht|gibt es nicht|\
    gibt es leider nicht|gibt es bei uns nicht|nicht vorhanden|nicht verfügbar|\
    introuvable|non trouvée|n'existe|n'a pas été trouvée|\
    n'est plus disponible|no encontr|no existe|no se encuentra|no ha sido encontrada|\
    no se ha encontrado|no hemos encontrado|não encontrada|non trovata|niet gevonden|hittades inte|\
    nie została znaleziona|nie znaleziono|не найдена";
const PERSONS: &str = "human|robot|=bot|mensch|roboter|humain|humano|persona";
const PROOFS: &str = "verify|verifying|confirm|prove|make sure|are you|you are|you're|bestätig|beweisen|nachweis|\
    sie ein|sind sie|sie kein|confirmez|prouvez|vérifi|êtes|demuestr|verifi|confirma|eres|comprob";
const BROWSERS: &str =
    "browser|connection|security|verbindung|sicherheit|navigateur|navegador|connexion|conexión";
const THIS_PAGE: &str = "this page|this content|this site|this website|this article|this area|this section|the page|\
    the site|the requested page|to continue|to proceed|diese seite|dieser seite|diesen inhalt|\
    diesen bereich|fortzufahren|fortfahren|cette page|ce contenu|cet article|pour continuer|\
    esta página|este contenido|este artículo|para continuar|run this app|use this app|view it";
const SUBSCRIBE: &str = "subscribe|subscriber|subscription|subscribing|=abo|abonn|abonnez|suscri|suscríb|kostenpflichtig|\
    premium";
pub(super) const READ_ON: &str = "continue reading|keep reading|read the full|read the rest|\
    read this article|read more of|full article|full story|full access|rest of this article|this article is|this content is|\
    this story is|unlimited access|weiterlesen|weiterzulesen|artikel zu lesen|artikel lesen|\
    ganzen artikel|artikel ist|inhalt ist|vorbehalten|exklusiv|pour lire|lire la suite|poursuivre|\
    pour continuer|cet article est|réservé|seguir leyendo|continuar leyendo|artículo completo|\
    para leer|exclusivo|exclusiva";
const DOMAINS: &str = "domain|domaine|dominio|domein|domeinnaam";
const SITES: &str = "site|website|page|service|we are|we're|seite|webseite|wir|shop|server|système|nous|sitio|página|\
    estamos";

pub(super) const WALLS: &[Wall] = &[
    Wall {
        why: CHECK,
        says: &[
            &[
                "checking|verify|verifying|check if|überprüf|vérifi|comprobando|comprobar|\
                    verificando|verificar",
                BROWSERS,
            ],
            &[
                "complete the|performing a|bestehen sie die",
                "security check|security verification|sicherheitsüberprüfung",
            ],
            &["please wait while we", "verify|check"],
            &["ddos protection by"],
            &[
                "just a moment...|just a moment…|einen moment…|un instant…|un momento…|solo un momento…",
            ],
        ],
        names: "just a moment|one more step|sicherheitsüberprüfung|security check|einen moment|\
            nur einen moment|einen moment bitte|un instant|un momento|solo un momento|um momento",
        room: 24,
    },
    Wall {
        why: TOO_MANY,
        says: &[&["unusual traffic", "your|network|computer"], &["too many requests"]],
        names: "",
        room: 24,
    },
    Wall {
        why: HUMAN,
        says: &[
            &[PROOFS, PERSONS],
            &["complete|solve|enter|lösen|résolvez|resuelv", "captcha|characters you see"],
            &["press & hold to confirm"],
        ],
        names: "captcha|slide to verify",
        room: 12,
    },
    Wall {
        why: REFUSED,
        says: &[
            &[
                "you have been|you've been|your request|your access|your ip|access to this page|\
                    anfrage wurde|zugriff wurde|accès a été|acceso ha sido",
                "blocked|denied|banned|blockiert|gesperrt|bloqué|refusé|bloqueado|denegado",
            ],
            &["detected", "automated|suspicious activity|unusual activity"],
            &["suspicious activity from your"],
            &["pardon our interruption"],
            &["request unsuccessful", "incident"],
            &["don't have permission|do not have permission|keine berechtigung|\
                n'avez pas la permission|no tiene permiso"],
            &["403", "forbidden|error|verboten|interdit|prohibido"],
        ],
        names: "access denied|forbidden|403|zugriff verweigert|accès refusé|accès interdit|\
            acceso denegado|attention required|blocked",
        room: 12,
    },
    Wall {
        why: SCRIPTS,
        says: &[&[
            "javascript",
            "enable|needs|nécessite|necesita|erfordert|turn on|required|requires|disabled|without|aktivieren|aktiviert|deaktiviert|\
                benötigt|activer|activez|désactivé|active|activar|habilit|desactivado",
        ]],
        names: "",
        room: 12,
    },
    Wall {
        why: ADVERTS,
        says: &[&[
            "ad blocker|ad-blocker|adblock|werbeblocker|bloqueur de pub|bloqueador",
            "detected|disable|turn off|allow|using|whitelist|erkannt|deaktivier|ausschalten|schalt|\
                détect|désactiv|detectado|desactiv",
        ]],
        names: "",
        room: 12,
    },
    Wall {
        why: AGE,
        says: &[&[
            "are you|you must be|you are|confirm|verify|enter your|sind sie|bestätig|avez-vous|\
                êtes|devez|eres|tienes|debes",
            "over 18|over 21|=18|=21|legal drinking age|legal age|your age|date of birth|\
                volljährig|mindestens 18|majeur|18 ans|mayor de edad|18 años",
        ]],
        names: "age verification|altersprüfung|age gate",
        room: 12,
    },
    Wall {
        why: LOGIN,
        says: &[
            &[
                "log in|sign in|logged in|signed in|login|anmelden|angemeldet|einloggen|\
                    eingeloggt|connecter|connecté|connectez-vous|iniciar sesión|inicia sesión|\
                    inicie sesión",
                THIS_PAGE,
            ],
            &["send|email me|e-mail me", "magic link|sign-in link|login link"],
        ],
        names: "",
        room: 12,
    },
    Wall {
        why: ABROAD,
        says: &[&[
            "not available in|unavailable in|nicht verfügbar|pas disponible dans|\
                no está disponible en",
            "your country|your region|your location|ihrem land|ihrer region|votre pays|su país|\
                tu país",
        ]],
        names: "451",
        room: 12,
    },
    Wall {
        why: ELSEWHERE,
        says: &[
            &[
                "being redirected|be redirected|not redirected|redirecting you|weitergeleitet|redirigé|\
                    redirigid|redirigiendo",
                "you|if|automatic|click|sie|falls|wenn|vous|usted|serás|será|clic",
            ],
            &[
                "page|document|object|seite|página",
                "has moved|have moved|moved permanently|moved to here|moved here|ist umgezogen|\
                    est déplacée|se ha mudado",
            ],
        ],
        names: "moved permanently|object moved",
        room: 12,
    },
    Wall {
        why: ABSENT,
        says: &[
            &[PAGES, ABSENCE],
            &[
                "can't find|can't seem to find|cannot find|can not find|couldn't find|could not find",
                "what you",
            ],
            &["article|artikel|artículo", "not found|nicht gefunden|introuvable|no encontrado"],
            &["404|410", "error|fehler|erreur|not found|nicht gefunden|errore"],
            &["页面不存在|ページが見つかりません"],
        ],
        names: "404|410|not found|nicht gefunden",
        room: 12,
    },
    Wall {
        why: UNUSED,
        says: &[
            &["welcome to nginx|apache2 ubuntu default page|apache2 debian default page|\
                test page for the"],
            &["web server|webserver", "successfully installed|is working"],
        ],
        names: "it works",
        room: 24,
    },
    Wall {
        why: SOLD,
        says: &[&[
            DOMAINS,
            "for sale|parked|zum verkauf|zu verkaufen|kaufen|geparkt|buy this|buy the|\
                offer on this|inquire about|à vendre|en venta|in vendita|te koop",
        ]],
        names: "parked free, courtesy of",
        room: 12,
    },
    Wall {
        why: CLOSED,
        says: &[&[
            "account|website|site|hosting|konto|compte|cuenta",
            "suspended|has been disabled|gesperrt|suspendu|suspendida",
        ]],
        names: "",
        room: 12,
    },
    Wall {
        why: MAINTENANCE,
        says: &[
            &["wartungsmodus|maintenance mode|under maintenance|modo mantenimiento"],
            &[SITES, "maintenance|wartung|wartungsarbeiten|gewartet|mantenimiento"],
            &[
                "maintenance|wartung|mantenimiento",
                "mode|scheduled|under|down for|en cours|modus|en",
            ],
            &["we'll be back|we will be back|back soon|be back shortly|bald wieder|\
                bientôt de retour|volvemos pronto|volveremos pronto"],
            &["temporarily unavailable|vorübergehend nicht|temporairement indisponible|\
                temporalmente"],
        ],
        names: "wartungsarbeiten",
        room: 12,
    },
    Wall {
        why: FAULT,
        says: &[
            &[
                "fatal error|parse error|warning|uncaught|notice",
                "on line|stack trace|uncaught|.php",
            ],
            &["error establishing a database connection|error connecting to database|\
                could not connect to the database"],
            &[
                "500|502|503|504",
                "internal server error|bad gateway|service unavailable|gateway timeout|\
                    gateway time-out",
            ],
            &["there has been a critical error on this website"],
        ],
        names: "internal server error|bad gateway|service unavailable|database error",
        room: 40,
    },
    // The same in words that others have too.
    Wall {
        why: FAULT,
        says: &[
            &[
                "something|etwas|quelque chose|algo",
                "went wrong|gone wrong|broke|schiefgelaufen|schief gelaufen|schiefgegangen|\
                    schief gegangen|mal passé|salió mal|salido mal",
            ],
            &[
                "error|fehler|erreur|errore|fout",
                "occurred|aufgetreten|survenue|est produite|ha producido|ha ocurrido|verificato|\
                    opgetreden",
            ],
            &["internal error|internal server error|server error|runtime error"],
            &["server|we", "unable to complete|could not process|couldn't process|from fulfilling"],
        ],
        names: "server error|runtime error|application error",
        room: 12,
    },
];

/// How titles begin that announce an explanation.
pub(super) const EXPLAINING: &str = "what |why |how |when |understanding |about |was ist |was bedeutet |\
    warum |wieso |wie |qu'est-ce |que signifie |pourquoi |comment |qué |cómo |por qué ";

/// That an article goes on for those who pay. These need other signs beside, for what stands before them is the article.
pub(super) const PAYWALL: Wall =
    Wall { why: SUBSCRIBERS, says: &[&[SUBSCRIBE, READ_ON]], names: "", room: 12 };

/// What stands beside such a request.
pub(super) const SUBSCRIBERS_ALREADY: Wall = Wall {
    why: SUBSCRIBERS,
    says: &[
        &["already|bereits|déjà|ya eres|schon", SUBSCRIBE],
        &["log in|sign in|anmelden|connectez|inicia", SUBSCRIBE],
        &["haben bereits ein abo"],
    ],
    names: "",
    room: 12,
};

/// That a page with a refresh, or a script that does the same, only leads to another one.
pub(super) const REDIRECTING: &str = "redirecting|redirected|weitergeleitet|weiterleitung|redirection|redirigé|redirigid|redirigiendo|\
    moved to|moved here|click here";

/// Titles of pages whose only purpose is to let somebody in.
pub(super) const LOGINS: &str = "log in|login|sign in|signin|sign-in|log on|anmelden|anmeldung|einloggen|connexion|se connecter|\
    iniciar sesión|accedi|inloggen|logga in|zaloguj się";

/// How a page asks who somebody is, other than by a password.
pub(super) const WHO: &str = "type=\"email\"|type=email|type='email'|autocomplete=\"username|autocomplete=\"email|\
    name=\"email\"|name=\"username\"|name=\"login\"|name=\"identifier\"|magic link|sign-in link|\
    login link|single sign-on|continue with google|sign in with|log in with";

/// All that a page says before its scripts have run.
pub(super) const WAITING: &str = "loading|loading please wait|please wait|one moment|one moment please|initializing|wird geladen|\
    lade|laden|bitte warten|einen moment bitte|chargement|chargement en cours|veuillez patienter|\
    cargando|caricamento|carregando|laddar|загрузка|加载中|読み込み中";
