//! How much words say beside what walls say: walls have few words of their own, and they are much the same everywhere.

use std::collections::HashSet;
use std::sync::LazyLock;

/// Bytes of the words that neither walls use, nor any sentence, nor the names of the page.
pub(super) fn beside(words: &str, names: &HashSet<String>) -> usize {
    let telling = words.split_whitespace().filter(|word| !is_made_by_machines(word));
    let parts = telling.flat_map(|word| word.split(|c: char| !c.is_alphanumeric()));
    let own = parts.filter(|part| !is_stock(part) && !names.contains(*part));
    own.map(str::len).sum()
}

/// The words of a name, to be left out by [`beside`].
pub(super) fn parts(name: &str) -> impl Iterator<Item = String> + '_ {
    name.split(|c: char| !c.is_alphanumeric()).filter(|part| !part.is_empty()).map(str::to_owned)
}

/// Numbers of incidents, addresses, paths and names of files, which walls are full of.
fn is_made_by_machines(word: &str) -> bool {
    const LONG: usize = 6;
    let bare = word.trim_matches(|c: char| !c.is_alphanumeric());
    let is_dotted = bare
        .split_once('.')
        .is_some_and(|(_, end)| end.len() > 1 && end.starts_with(char::is_alphanumeric));
    is_dotted
        || word.contains(['/', '\\', '_', '@', '(', '$', '=', '<', '[', '{'])
        || (bare.len() > LONG && bare.contains(|c: char| c.is_ascii_digit()))
}

/// Whether a word says nothing by itself, or only what walls say.
fn is_stock(word: &str) -> bool {
    word.len() <= 2
        || word.ends_with("exception")
        || COMMON.contains(word)
        || word.char_indices().any(|(at, c)| STOCK.contains(&word[..at + c.len_utf8()]))
        || matches!(word, "403" | "404" | "410" | "500" | "502" | "503")
}

/// Words of three letters and more that any sentence uses: in English, German, French and Spanish.
static COMMON: LazyLock<HashSet<&str>> = LazyLock::new(|| {
    "
    see shop yes oui non sí nein devez doit devenir make the and for are was were you your our this
    that these those with from has have had not been being will would can could may might should
    must its their them they who what which when where why how all any some more most other than
    then there here into out over about after before also just only very too but own same such each
    both let get got way doesn couldn isn aren wasn don didn won one der die das den dem des ein
    eine einen einem einer eines und oder aber nicht kein keine keinen ist sind war waren sein wird
    werden wurde wurden hat haben sie wir ihr ihre ihren ihrem ihrer ihnen uns unser unsere unseren
    unserer dass für mit von vom zum zur auf aus bei bis nach über unter vor durch ohne als auch
    noch nur sich wie wer wenn dann hier dort diese dieser dieses diesen diesem jetzt bitte kann
    können konnte konnten möchten muss müssen mehr alle alles gibt leider les une aux est sont été
    être avez avons ont vous nous votre vos notre nos que qui pour par sur dans avec sans pas plus
    mais cette cet ces tout toute tous toutes elle son ses comme déjà ici veuillez merci los las una
    unos del con por para como más pero sus este esta estos estas ser está están fue han hay usted
    tus muy todo toda aquí también sin cuando donde favor eres debe usar send sent êtes bot line
    gerade moment suite cours run app apps
    does using broke end few come looks looking like lives either log logs time cannot view viewed displayed
    details custom settings status type object tut leid dein deine deinen dich schalte neu erkannt einige
    dauern dies falls etwas paar schiefgelaufen peut prendre quelques quelque chose mal passé avant allez
    vers sinon survenue produite producido ocurrido esto tardar antes revisar went
    "
    .split_whitespace()
    .collect()
});

/// Beginnings of the words of walls, of any kind: in English with what it shares with the others, then in German, French
/// and Spanish, and a few in which the other languages say that a page is not there.
static STOCK: LazyLock<HashSet<&str>> = LazyLock::new(|| {
    "
    manage preferen page best result solve video store personal inform visitor guest site websit server servic url
    address link content document resourc request found find exist missing gone moved remov delet
    renam avail unavail longer tempor error oops whoops ooops sorry apolog wrong broken mistyp typed
    check spell try tried again later back return home go visit search look contact support help
    report problem issue trouble webmaster admin owner click button below above happen seem appear
    something nothing lost perhaps maybe please thank wait moment second minute while take load
    redirect automatic browser javascript script enabl disabl turn cookie secur connect verif
    confirm prove proof sure human robot bots captcha challeng puzzle slide press hold review need
    procee continu complet action step protect ddos cloudflare incapsula imperva perform reference
    incident code block banned denied forbid permiss allow author unusual suspicio traffic activit
    network detect automat abuse limit login logged sign account password user mail forgot remember
    regist creat member welcom enter credential subscri read article full unlimit already view
    properly maintenance schedul upgrad updat improv down offline soon shortly inconvenien patien
    suspend hosting provider billing expire domain sale park agree accept consent privacy policy
    terms condition imprint copyright rights reserv legal older adult alcohol drink responsib
    adblock advert blocker whitelist refresh reload fatal uncaught exception stack trace thrown
    database establish internal gateway apache nginx requir follow navigat use exit leave magic
    letter character pardon interrupt brows similar technolog personali partner device experienc
    measur access system computer process critical troubleshoot learn attempt information message
    technical work fix resolv invalid correct incorrect unexpected outdated choose select option
    session everywh shield syntax parse applicat country region locat install configur success
    default undefin function occur unknown condition prevent fulfil unable runtime descript permanent
    tomcat encounter misconfig notif

    seite webseit startseit inhalt adress gefund vorhand verfügb fehler hoppla entschuld gelöscht
    verschob geänder entfern gesucht such aufgeruf angeforder zurück versuch erneut später kontakt
    hilf klick lade geladen wart augenblick sekund minut weiterg weiterl aktivier deaktivier sicher
    verbind überprüf prüf bestätig beweis mensch zugriff zugang anfrag gesperrt sperr verweiger
    verbot erlaub berechtig ungewöhn verdächt netzwerk aktivität anmeld einlogg angemeld konto
    benutzer passwort kennwort vergess mitglied willkomm abonn lesen artikel weiter gewart kürze
    bald wieder vorübergeh erreichb zustimm einwillig datenschutz impressum jahre volljähr
    werbeblock werbung verkauf kauf geduld verständnis dank gehen exklusiv ähnlich technik daten
    steht stehen funktion arbeit technisch derzeit aktuell behoben beheb richtig falsch eingegeben
    eingab eingeb tippfehler existier sitzung fortzu fortfahr mindestens nutz anwendung verwend
    willig aufgetret unerwart

    gewünscht kehr akzept ablehn einstell auswahl überarbeit erforder nécess abus dangereux santé consomm modération contenu lien
    trouv introuv erreur oups désolé supprim déplac cherch recherch demand retour accueil essay
    réessay tard aide cliqu charg attend instant redirig activ désactiv sécur connex vérif prouv
    humain accès accéd requêt bloqu refus interdit inhabit suspect trafic réseau identif compte
    utilis oubli inscri bienven lire lectur bientôt indispon dispon confident mention légal majeur
    alcool publicit vend vente excus réserv existe traceur techni travaux saisi ancien système
    ordinateur poursuiv déconnect actuel serons ultérieur prévenu

    págin dominio venta utiliz seguir sigue necesit sitio direcc enlac encontr vaya sentimos elimin movid busc solicit volv
    vuelv regres inici portad intent nuevament tarde ayud clic carg esper segund automátic navegad
    desactiv habilit segur conex comprob demuest acceso acced deneg prohib permis inusual sospech
    tráfic cuenta usuario contraseñ olvid miembro suscri suscríb leer leyend artícul mantenimient
    pronto acept aviso edad mayor años anunci compr discul graci propias terceros sesión sistema
    técnic escrit puede puedes tienes debes estamos aplicac inesperad

    não encontrada trovata niet gevonden sidan hittades inte strona strony nie została znalezion
    страница найдена 页面不存在 ページが見つかりません
    "
    .split_whitespace()
    .collect()
});
